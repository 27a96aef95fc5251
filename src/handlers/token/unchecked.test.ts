import assert from "node:assert/strict";
import { test } from "node:test";
import { jwtVerify } from "jose";
import { ConfigMistake } from "../../lib/config-mistake.ts";
import { createHandler, header, json, post, SECRET } from "./testing.ts";

const open = { credentials: "none" };

async function claimsOf(token: unknown, clock: { wall(): number }, secret = SECRET) {
  const { payload, protectedHeader } = await jwtVerify(String(token), Buffer.from(secret), {
    currentDate: new Date(clock.wall()),
  });
  return { payload, protectedHeader };
}

test("the page's request gives the page's answer, with a real token in it", async () => {
  const { handler, clock } = createHandler(open);
  const reply = await post(handler, '{"user_id": "1", "role": "admin"}', {
    headers: { "content-type": "application/json" },
  });
  assert.equal(reply.status, 200);
  assert.deepEqual(Object.keys(json(reply)), ["token", "expires_in"]);
  assert.equal(json(reply)["expires_in"], 3600);
  assert.equal(header(reply, "content-type"), "application/json");
  assert.equal(header(reply, "cache-control"), "no-store");
  const { payload, protectedHeader } = await claimsOf(json(reply)["token"], clock);
  const { jti, ...rest } = payload;
  const iat = clock.wall() / 1000;
  assert.deepEqual(rest, { sub: "1", role: "admin", iat, exp: iat + 3600 });
  assert.match(String(jti), /^[0-9a-f]{32}$/);
  assert.deepEqual(protectedHeader, { alg: "HS256", typ: "JWT" });
});

test("no two tokens are the same", async () => {
  const { handler } = createHandler(open);
  const [a, b] = [json(await post(handler, "{}")), json(await post(handler, "{}"))];
  assert.notEqual(a["token"], b["token"]);
});

test("user and role have defaults; algorithm, lifetime, issuer and audience come from the config", async () => {
  const { handler, clock } = createHandler({
    ...open,
    algorithm: "HS512",
    expiresIn: "90s",
    issuer: "https://gateway.example",
    audience: "api",
  });
  const reply = await post(handler, "{}");
  assert.equal(json(reply)["expires_in"], 90);
  const { payload, protectedHeader } = await claimsOf(json(reply)["token"], clock);
  assert.equal(protectedHeader.alg, "HS512");
  assert.equal(payload.sub, "anonymous");
  assert.equal(payload["role"], "user");
  assert.equal(payload.exp! - payload.iat!, 90);
  assert.equal(payload.iss, "https://gateway.example");
  assert.equal(payload.aud, "api");
});

const accepted = [
  { user_id: "x".repeat(256) },
  { role: "x".repeat(64) },
  { user_id: "Zoë Ångström" },
  { user_id: "a", password: "ignored" },
];

for (const body of accepted) {
  test(`issues a token for ${JSON.stringify(body).slice(0, 60)}`, async () => {
    const { handler } = createHandler(open);
    assert.equal((await post(handler, JSON.stringify(body))).status, 200);
  });
}

const bad: readonly (readonly [what: string, body: string | Buffer])[] = [
  ["nothing", ""],
  ["no JSON", "user_id=1"],
  ["JSON cut short", '{"user_id": "1"'],
  ["a list", "[]"],
  ["null", "null"],
  ["text", '"1"'],
  ["a number", "1"],
  ["bytes that are not UTF-8", Buffer.from('{"user_id":"\xff"}', "latin1")],
  ["user_id as a number", '{"user_id": 1}'],
  ["user_id null", '{"user_id": null}'],
  ["user_id as a list", '{"user_id": ["1"]}'],
  ["user_id as an object", '{"user_id": {"id": "1"}}'],
  ["user_id true", '{"user_id": true}'],
  ["user_id empty", '{"user_id": ""}'],
  ["user_id too long", JSON.stringify({ user_id: "x".repeat(257) })],
  ["user_id with a new line", '{"user_id": "1\\r\\nx-user-role: admin"}'],
  ["user_id with a blank in front", '{"user_id": " 1"}'],
  ["user_id with half a surrogate pair", '{"user_id": "\\ud800"}'],
  ["user_id twice", '{"user_id": "1", "user_id": "2"}'],
  ["role as a number", '{"role": 1}'],
  ["role as a list", '{"role": ["admin"]}'],
  ["role empty", '{"role": ""}'],
  ["role too long", JSON.stringify({ role: "x".repeat(65) })],
  ["role with a NUL", '{"role": "admin\\u0000"}'],
  ["a body that is too large", JSON.stringify({ a: "x".repeat(16 * 1024) })],
];

for (const [what, body] of bad) {
  test(`${what} is a bad request`, async () => {
    const { handler } = createHandler(open);
    const reply = await post(handler, body);
    assert.equal(reply.status, 400);
    assert.equal(reply.refusal?.kind.code, "token.bad_request");
    assert.equal(reply.body, undefined);
  });
}

test("the size of a body is bounded, exactly", async () => {
  const { handler } = createHandler(open);
  const largest = `{"a":"${"x".repeat(16 * 1024 - 8)}"}`;
  assert.equal((await post(handler, largest)).status, 200);
  assert.equal((await post(handler, `${largest} `)).status, 400);
});

test("members of the object's prototype are not members of the body", async () => {
  const { handler, clock } = createHandler(open);
  const reply = await post(handler, '{"__proto__": {"user_id": "0", "role": "admin"}}');
  const { payload } = await claimsOf(json(reply)["token"], clock);
  assert.equal(payload.sub, "anonymous");
  assert.equal(payload["role"], "user");
});

test("a client that breaks off is no error of the gateway", async () => {
  const { handler } = createHandler(open);
  assert.equal((await post(handler, "{}  ", { breakOff: true })).status, 400);
});

test("other methods are told of POST", async () => {
  const { handler } = createHandler(open);
  const reply = await post(handler, "", { method: "GET" });
  assert.equal(reply.status, 405);
  assert.equal(header(reply, "allow"), "POST");
});

test("unchecked tokens are for loopback alone", () => {
  assert.throws(
    () => createHandler(open, { loopback: false }),
    (error) => {
      assert.ok(error instanceof ConfigMistake);
      assert.deepEqual(error.path, ["credentials"]);
      assert.match(error.hint ?? "", /127\.0\.0\.1/);
      return true;
    },
  );
});

test("a secret shorter than its algorithm's hash is refused", () => {
  for (const [algorithm, bytes] of [
    ["HS256", 32],
    ["HS384", 48],
    ["HS512", 64],
  ] as const) {
    assert.doesNotThrow(() => createHandler({ ...open, algorithm, secret: "s".repeat(bytes) }));
    assert.throws(() => createHandler({ ...open, algorithm, secret: "s".repeat(bytes - 1) }), {
      name: "ConfigMistake",
      path: ["secret"],
    });
  }
});

test("whether anyone gets a token must be said", () => {
  assert.throws(() => createHandler({}), { name: /Zod/ });
});
