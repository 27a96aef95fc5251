/** Issuers beside each other, and policies that trust the same one. */
import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { test } from "node:test";
import { bear, CLAIMS, HEADER, SECRET, sign } from "./testing.ts";
import {
  createKey,
  createRemotePolicy,
  issue,
  ISSUER,
  KEYS_URL,
  settle,
  SimulatedIssuers,
  toPublicPem,
} from "./simulated-issuer/testing.ts";

const one = createKey("one");
const two = createKey("two");

test("policies of a host that trust one issuer have its keys in common, until the last is closed", async () => {
  const issuers = new SimulatedIssuers(one);
  const first = createRemotePolicy(issuers, { jwks: KEYS_URL, audience: "a" });
  const second = createRemotePolicy(issuers, { jwks: KEYS_URL, audience: "b" }, {}, first.host);
  const apart = createRemotePolicy(issuers, { jwks: KEYS_URL, staleFor: "1m" }, {}, first.host);
  assert.equal((await bear(first.policy, issue(one, { aud: "a" }))).code, "");
  assert.equal((await bear(second.policy, issue(one, { aud: "b" }))).code, "");
  assert.equal((await bear(second.policy, issue(one, { aud: "a" }))).code, "jwt.audience");
  assert.equal((await bear(apart.policy, issue(one))).code, "");
  assert.equal(issuers.count(KEYS_URL), 2, "one for both, and one for the other settings");
  await first.policy.close?.();
  const third = createRemotePolicy(issuers, { jwks: KEYS_URL, audience: "c" }, {}, first.host);
  const { code, synchronous } = await bear(third.policy, issue(one, { aud: "c" }));
  assert.deepEqual([code, synchronous], ["", true], "a new config goes on with the keys of the old one");
  for (const { policy } of [second, third, apart]) await policy.close?.();
  assert.equal(first.clock.timers, 0);
  const later = createRemotePolicy(issuers, { jwks: KEYS_URL }, {}, first.host);
  assert.equal(issuers.count(KEYS_URL), 3);
  await later.policy.close?.();
});

test("several issuers, each with its own keys, algorithms, audience and tolerance", async () => {
  const issuers = new SimulatedIssuers(one);
  const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const other = {
    issuer: "https://two.example",
    jwks: "https://two.example/keys",
    audience: "api",
    algorithms: ["ES256" as const],
    clockTolerance: "30s",
  };
  issuers.answers.set(other.jwks, {
    body: { keys: [two.jwk, { ...rsa.publicKey.export({ format: "jwk" }), kid: "rsa" }] },
  });
  const { policy, clock } = createRemotePolicy(issuers, {}, { issuers: [{ issuer: ISSUER }, other] });
  const theirs = { iss: other.issuer, aud: "api" };
  assert.equal((await bear(policy, issue(one))).code, "");
  assert.equal((await bear(policy, issue(two, theirs))).code, "");
  assert.equal((await bear(policy, issue(one, theirs))).code, "jwt.key_unknown", "a key of the other");
  assert.equal(
    (await bear(policy, issue(two, { aud: "api" }))).code,
    "jwt.key_unknown",
    "a key of the other",
  );
  assert.equal(
    (await bear(policy, issue(one, { aud: "api" }))).code,
    "jwt.audience",
    "an audience of the other",
  );
  assert.equal((await bear(policy, issue(two, theirs, { alg: "RS256", kid: "rsa" }))).code, "jwt.algorithm");
  clock.advance(3600_000 + 10_000);
  await settle();
  assert.equal((await bear(policy, issue(one, { sub: "2" }))).code, "jwt.expired");
  assert.equal((await bear(policy, issue(two, { ...theirs, sub: "2" }))).code, "");
  await policy.close?.();
});

test("an issuer that cannot be reached does not keep out those of another", async () => {
  const issuers = new SimulatedIssuers(one);
  const entries = [{ issuer: ISSUER }, { issuer: "https://two.example", jwks: "https://two.example/keys" }];
  const { policy } = createRemotePolicy(issuers, {}, { issuers: entries });
  assert.equal((await bear(policy, issue(two, { iss: "https://two.example" }))).code, "jwt.keys_unavailable");
  assert.equal((await bear(policy, issue(one))).code, "");
  await policy.close?.();
});

test("the secret of one place and the keys of an issuer are two configs", async () => {
  const issuers = new SimulatedIssuers(one);
  const { policy } = createRemotePolicy(issuers);
  assert.equal((await bear(policy, sign({ ...CLAIMS, iss: ISSUER }))).code, "jwt.algorithm");
  await policy.close?.();
});

function shared(iss: string, secret: string, aud = "api"): string {
  return sign({ ...CLAIMS, iss, aud }, HEADER, secret);
}

test("issuers whose keys are in the config stand beside one whose keys are fetched", async () => {
  const [remote, own] = [createKey("remote"), createKey("own")];
  const asked = new SimulatedIssuers(remote);
  const secrets = ["a", "b"].map((name) => `${SECRET} ${name}`);
  const { policy } = createRemotePolicy(
    asked,
    {},
    {
      audience: "api",
      issuers: [
        { issuer: ISSUER, audience: "remote" },
        { issuer: "own", publicKey: toPublicPem(own.privateKey), algorithms: ["ES256"] },
        ...secrets.map((secret, i) => ({ issuer: `shared ${i}`, secret, algorithms: ["HS256" as const] })),
      ],
    },
  );
  const tokens: readonly (readonly [what: string, token: string, code: string])[] = [
    ["the fetched key", issue(remote, { aud: "remote" }), ""],
    ["the configured key, by whatever kid", issue(own, { iss: "own", aud: "api" }), ""],
    ["the first secret", shared("shared 0", secrets[0]!), ""],
    ["the second secret", shared("shared 1", secrets[1]!), ""],
    ["a secret of another issuer", shared("shared 0", secrets[1]!), "jwt.signature"],
    ["a key of another issuer", issue(remote, { iss: "own", aud: "api" }), "jwt.signature"],
    ["the audience of another issuer", shared("shared 0", secrets[0]!, "remote"), "jwt.audience"],
    ["a secret where there is a key", shared("own", secrets[0]!), "jwt.algorithm"],
    ["a public key as a secret", shared("own", toPublicPem(own.privateKey)), "jwt.algorithm"],
    ["nobody", shared("shared 2", secrets[0]!), "jwt.issuer"],
  ];
  for (const [what, token, code] of tokens) assert.equal((await bear(policy, token)).code, code, what);
  asked.isDown = true;
  assert.ok((await bear(policy, shared("shared 0", secrets[0]!))).synchronous);
  await policy.close?.();
});

test("with keys of the config alone nobody is asked, and nothing is left behind", async () => {
  const asked = new SimulatedIssuers();
  const entry = { issuer: "us", secret: SECRET, algorithms: ["HS256" as const] };
  const { policy, clock } = createRemotePolicy(asked, {}, { issuers: [entry] });
  assert.equal((await bear(policy, sign({ ...CLAIMS, iss: "us" }))).code, "");
  assert.deepEqual([asked.requests.length, clock.timers], [0, 0]);
  await policy.close?.();
});
