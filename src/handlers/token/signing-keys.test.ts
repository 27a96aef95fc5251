import assert from "node:assert/strict";
import { createPublicKey } from "node:crypto";
import { test } from "node:test";
import { decodeProtectedHeader, jwtVerify, type JWTPayload } from "jose";
import { ConfigMistake } from "../../lib/config-mistake.ts";
import type { SigningKeyConfig } from "../../callers/signing-keys.ts";
import { SIGNATURE_ALGORITHMS } from "../../lib/signature-algorithms.ts";
import { testPrivateKey, toPem } from "../../testing/private-keys.ts";
import { hashSecret } from "../../lib/secret-hash.ts";
import { createHandler, json, post, SECRET } from "./testing.ts";

const secretHash = await hashSecret("correct horse");
const clients = [{ id: "billing", secretHash, role: "admin", scopes: ["read", "write"] }];
const access = {
  credentials: { clients },
  issuer: "https://gateway.example",
  audience: "https://orders.example",
};

function ask(handler: ReturnType<typeof createHandler>["handler"], body = "grant_type=client_credentials") {
  const authorization = `Basic ${btoa("billing:correct+horse")}`;
  return post(handler, body, {
    headers: { "content-type": "application/x-www-form-urlencoded", authorization },
  });
}

for (const algorithm of SIGNATURE_ALGORITHMS) {
  test(`a client gets an access token that is signed with ${algorithm} (RFC 9068)`, async () => {
    const key = testPrivateKey(algorithm);
    const keys = [{ privateKey: toPem(key), algorithm, kid: "k1" }];
    const { handler, clock } = createHandler(access, { keys, loopback: false });
    const { access_token: token, ...rest } = json(await ask(handler));
    assert.deepEqual(rest, { token_type: "Bearer", expires_in: 300, scope: "read write" });
    const { payload, protectedHeader } = await jwtVerify(String(token), createPublicKey(key), {
      currentDate: new Date(clock.wall()),
      algorithms: [algorithm],
    });
    assert.deepEqual(protectedHeader, { alg: algorithm, typ: "at+jwt", kid: "k1" });
    const { jti, ...claims } = payload;
    const iat = clock.wall() / 1000;
    assert.deepEqual(claims, {
      iss: "https://gateway.example",
      aud: "https://orders.example",
      sub: "billing",
      client_id: "billing",
      role: "admin",
      scope: "read write",
      iat,
      exp: iat + 300,
    });
    assert.match(String(jti), /^[0-9a-f]{32}$/);
  });
}

const es256: SigningKeyConfig = { privateKey: toPem(testPrivateKey("ES256")), algorithm: "ES256" };

test("the key that signs changes while the gateway runs", async () => {
  const signsFrom = Date.UTC(2026, 0, 1, 1);
  const later: SigningKeyConfig = {
    privateKey: toPem(testPrivateKey("EdDSA")),
    algorithm: "EdDSA",
    signsFrom,
  };
  const { handler, clock } = createHandler(access, { keys: [later, es256] });
  const algorithm = async (): Promise<string | undefined> =>
    decodeProtectedHeader(String(json(await ask(handler))["access_token"])).alg;
  assert.equal(await algorithm(), "ES256");
  clock.advance(3_600_000);
  assert.equal(await algorithm(), "EdDSA");
});

test("unchecked tokens say that no client was known", async () => {
  const { handler, clock } = createHandler({ ...access, credentials: "none" }, { keys: [es256] });
  const reply = json(await post(handler, '{"user_id": "7"}'));
  assert.equal(reply["expires_in"], 3600);
  const { payload } = await jwtVerify<JWTPayload & { client_id: string }>(
    String(reply["token"]),
    createPublicKey(es256.privateKey),
    { currentDate: new Date(clock.wall()), typ: "at+jwt" },
  );
  assert.deepEqual([payload.sub, payload.client_id], ["7", "unchecked"]);
  assert.throws(
    () => createHandler({ ...access, credentials: "none" }, { keys: [es256], loopback: false }),
    ConfigMistake,
  );
});

test("a scope that is asked for twice stands once in the token", async () => {
  const { handler } = createHandler(access, { keys: [es256] });
  const reply = json(await ask(handler, "grant_type=client_credentials&scope=write+write"));
  assert.equal(reply["scope"], "write");
});

async function lifetime(config: object): Promise<unknown> {
  return json(await ask(createHandler({ credentials: { clients }, ...config }).handler))["expires_in"];
}

test("tokens last minutes unless the config says more, and a day at most", async () => {
  assert.equal(await lifetime({}), 300);
  assert.equal(await lifetime({ expiresIn: "1d" }), 86_400);
  assert.equal(await lifetime({ expiresIn: "1.9s" }), 1);
  for (const expiresIn of ["86401s", "2d", "999ms", "0s", "-1s", 300, ""])
    assert.throws(
      () => createHandler({ credentials: { clients }, expiresIn }),
      { name: /Zod/ },
      String(expiresIn),
    );
});

const refused: readonly (readonly [
  what: string,
  config: object,
  path: readonly string[],
  message: RegExp,
])[] = [
  ["neither a secret nor signing keys", { signingKeys: undefined }, [], /no key to sign/],
  ["both", { secret: SECRET }, ["secret"], /exclude each other/],
  ["an algorithm beside signing keys", { algorithm: "HS256" }, ["algorithm"], /that of the signing key/],
  ["a list that does not exist", { signingKeys: "constructor" }, ["signingKeys"], /unknown signing keys/],
  ["no issuer", { issuer: undefined }, [], /need an issuer/],
  ["no audience", { audience: undefined }, [], /need an audience/],
];
for (const [what, config, path, message] of refused) {
  test(`a config is refused for ${what}`, () => {
    assert.throws(
      () => createHandler({ ...access, ...config }, { keys: [es256] }),
      (error) => {
        assert.ok(error instanceof ConfigMistake, String(error));
        assert.match(error.message, message);
        assert.deepEqual(error.path, path);
        assert.ok(error.hint);
        return true;
      },
    );
  });
}

for (const algorithm of ["RS256", "none", "hs256"]) {
  test(`a secret does not sign with ${algorithm}`, () => {
    assert.throws(() => createHandler({ ...access, algorithm }), { name: /Zod/ });
  });
}
