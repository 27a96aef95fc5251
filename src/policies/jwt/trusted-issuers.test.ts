import assert from "node:assert/strict";
import { test } from "node:test";
import { ConfigMistake } from "../../lib/config-mistake.ts";
import { createPolicy, SECRET } from "./testing.ts";
import {
  createKey,
  createRemotePolicy,
  ISSUER,
  KEYS_URL,
  SimulatedIssuers,
  toPublicPem,
} from "./simulated-issuer/testing.ts";

type Config = Parameters<typeof createPolicy>[0];
const issuers = [{ issuer: ISSUER }];
const pem = toPublicPem(createKey("pem").privateKey);
const alone: Config = { secret: undefined, algorithms: undefined };
const listed = (...given: readonly object[]): Config => ({ ...alone, issuers: given as typeof issuers });

const refused: readonly (readonly [
  what: string,
  config: Config,
  message: RegExp,
  path: readonly (string | number)[],
])[] = [
  ["a secret beside issuers", { issuers, algorithms: undefined }, /secret and issuers/, ["secret"]],
  [
    "a public key beside issuers",
    { ...alone, issuers, publicKey: "k" },
    /publicKey and issuers/,
    ["publicKey"],
  ],
  [
    "algorithms beside issuers",
    { ...alone, issuers, algorithms: ["RS256"] },
    /algorithms and/,
    ["algorithms"],
  ],
  ["an issuer beside issuers", { ...alone, issuers, issuer: ISSUER }, /issuer and issuers/, ["issuer"]],
  [
    "an issuer twice",
    listed(issuers[0]!, { issuer: ISSUER, jwks: KEYS_URL }),
    /already/,
    ["issuers", 1, "issuer"],
  ],
  ["an issuer that is no URL, without jwks", listed({ issuer: "us" }), /no URL/, ["issuers", 0, "issuer"]],
  ["an issuer over http", listed({ issuer: "http://id.example.com" }), /not https/, ["issuers", 0, "issuer"]],
  [
    "a key set over http",
    listed({ issuer: "us", jwks: "http://keys.example/" }),
    /not https/,
    ["issuers", 0, "jwks"],
  ],
  [
    "a key set in a file",
    listed({ issuer: "us", jwks: "file:///keys" }),
    /not https/,
    ["issuers", 0, "jwks"],
  ],
  [
    "a key set in the config",
    listed({ issuer: "us", jwks: "data:,{}" }),
    /not https/,
    ["issuers", 0, "jwks"],
  ],
  [
    "a name like loopback",
    listed({ issuer: "http://127.0.0.1.example" }),
    /not https/,
    ["issuers", 0, "issuer"],
  ],
  [
    "credentials in a URL",
    listed({ issuer: "us", jwks: "https://a:b@keys.example/" }),
    /credentials/,
    ["issuers", 0, "jwks"],
  ],
  ["a fragment in a URL", listed({ issuer: "https://id.example/#a" }), /fragment/, ["issuers", 0, "issuer"]],
  [
    "a secret of an issuer that is too short",
    listed(issuers[0]!, { issuer: "us", secret: "short", algorithms: ["HS256"] }),
    /the secret has 5 bytes/,
    ["issuers", 1, "secret"],
  ],
  [
    "an algorithm that does not fit an issuer's key",
    listed({ issuer: "us", publicKey: pem, algorithms: ["ES256", "RS256"] }),
    /RS256 does not fit an EC key/,
    ["issuers", 0, "algorithms", 1],
  ],
  [
    "a secret of an issuer without algorithms",
    listed({ issuer: "us", secret: SECRET }),
    /which algorithms/,
    ["issuers", 0, "algorithms"],
  ],
  ["no place for tokens", { from: { header: false } }, /no place/, ["from"]],
  ["no algorithms with a secret", { algorithms: undefined }, /which algorithms/, ["algorithms"]],
  ["no key at all", alone, /no key/, []],
];

for (const [what, config, message, path] of refused) {
  test(`a config is refused for ${what}`, () => {
    assert.throws(
      () => createPolicy(config),
      (error) => {
        assert.ok(error instanceof ConfigMistake, String(error));
        assert.match(error.message, message);
        assert.deepEqual(error.path, path);
        assert.ok(error.hint);
        assert.ok(!error.message.includes(SECRET) && !error.message.includes("a:b"));
        return true;
      },
    );
  });
}

const unreadable: readonly (readonly [what: string, config: Config])[] = [
  ["no issuer in the list", { ...alone, issuers: [] }],
  ["a secret's algorithm for an issuer's keys", listed({ issuer: ISSUER, algorithms: ["HS256"] })],
  ["alg none", listed({ issuer: ISSUER, algorithms: ["none"] })],
  ["no algorithms", listed({ issuer: ISSUER, algorithms: [] })],
  ["an empty issuer", listed({ issuer: "" })],
  ["an unknown option of an issuer", listed({ issuer: ISSUER, issuers: [] })],
  ["two keys of one issuer", listed({ issuer: "us", secret: SECRET, publicKey: pem, algorithms: ["ES256"] })],
  ["a secret of an issuer for RS256", listed({ issuer: "us", secret: SECRET, algorithms: ["RS256"] })],
  ["a public key of an issuer for HS256", listed({ issuer: "us", publicKey: pem, algorithms: ["HS256"] })],
  [
    "a key set of an issuer beside its key",
    listed({ issuer: ISSUER, publicKey: pem, algorithms: ["ES256"], jwks: KEYS_URL }),
  ],
  [
    "a cooldown where nothing is fetched",
    listed({ issuer: ISSUER, secret: SECRET, algorithms: ["HS256"], cooldown: "1s" }),
  ],
  ["a cooldown under a second", listed({ issuer: ISSUER, cooldown: "999ms" })],
  ["stale keys for ever", listed({ issuer: ISSUER, staleFor: "31d" })],
  ["a tolerance over 60s", listed({ issuer: ISSUER, clockTolerance: "61s" })],
  ["a cookie with a blank", { from: { cookie: "a b" } }],
  ["a cookie with an equals sign", { from: { cookie: "a=b" } }],
  ["a parameter that must be escaped", { from: { query: "a&b" } }],
  ["an empty parameter", { from: { query: "" } }],
  ["a required claim without values", { requiredClaims: [{ claim: "a", values: [] }] }],
  ["a required value that is an object", { requiredClaims: [{ claim: "a", values: [{} as string] }] }],
  ["an empty plan", { plan: "" }],
];

for (const [what, config] of unreadable) {
  test(`the schema refuses ${what}`, () => {
    assert.throws(() => createPolicy(config), { name: /Zod/ });
  });
}

test("what is refused has asked nobody", () => {
  const asked = new SimulatedIssuers(createKey("one"));
  assert.throws(() => createRemotePolicy(asked, {}, { from: { header: false } }), ConfigMistake);
  assert.throws(() => createRemotePolicy(asked, {}, { issuers: [...issuers, ...issuers] }), ConfigMistake);
  assert.equal(asked.requests.length, 0);
});
