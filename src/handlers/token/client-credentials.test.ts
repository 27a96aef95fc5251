import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeJwt, jwtVerify } from "jose";
import { hashSecret } from "../../lib/secret-hash.ts";
import { bodyOf, testExchange } from "../../testing/exchange.ts";
import { createHandler, header, json, post, SECRET } from "./testing.ts";

const secretHash = await hashSecret("correct horse");
const awkwardHash = await hashSecret("p:ss wörd+%&");

const clients = [
  { id: "billing", secretHash, role: "admin", scopes: ["read", "write"] },
  { id: "a:b", secretHash: awkwardHash },
];
const { handler, clock } = createHandler(
  { credentials: { clients }, expiresIn: "10m", audience: "api" },
  { loopback: false },
);

const FORM = "application/x-www-form-urlencoded";
const GRANT = "grant_type=client_credentials";

function basic(id: string, secret: string): string {
  const pair = `${encodeURIComponent(id)}:${encodeURIComponent(secret)}`.replaceAll("%20", "+");
  return `Basic ${Buffer.from(pair).toString("base64")}`;
}

function ask(body: string, headers: Readonly<Record<string, string>> = {}) {
  return post(handler, body, { headers: { "content-type": FORM, ...headers } });
}

const right = { authorization: basic("billing", "correct horse") };

test("a client that authenticates gets a token", async () => {
  const reply = await ask(GRANT, right);
  assert.equal(reply.status, 200);
  assert.equal(header(reply, "cache-control"), "no-store");
  assert.equal(header(reply, "content-type"), "application/json");
  const { access_token: token, ...rest } = json(reply);
  assert.deepEqual(rest, { token_type: "Bearer", expires_in: 600, scope: "read write" });
  const { payload } = await jwtVerify(String(token), Buffer.from(SECRET), {
    currentDate: new Date(clock.wall()),
  });
  const { jti, ...claims } = payload;
  const iat = clock.wall() / 1000;
  assert.deepEqual(claims, {
    sub: "billing",
    role: "admin",
    scope: "read write",
    aud: "api",
    iat,
    exp: iat + 600,
  });
  assert.match(String(jti), /^[0-9a-f]{32}$/);
});

const accepted: readonly (readonly [
  what: string,
  body: string,
  headers: Readonly<Record<string, string>>,
])[] = [
  ["id and secret in the body", `${GRANT}&client_id=billing&client_secret=correct+horse`, {}],
  ["the id in the body, too", `${GRANT}&client_id=billing`, right],
  ["the scheme in another case", GRANT, { authorization: right.authorization.replace("Basic", "basic") }],
  ["a media type with a parameter", GRANT, { ...right, "content-type": `${FORM}; charset=utf-8` }],
  ["an id and a secret full of special characters", GRANT, { authorization: basic("a:b", "p:ss wörd+%&") }],
  ["a parameter nobody knows", `${GRANT}&audience=x`, right],
  ["a parameter without a value", `${GRANT}&scope=`, right],
];

for (const [what, body, headers] of accepted) {
  test(`takes ${what}`, async () => {
    assert.equal((await ask(body, headers)).status, 200);
  });
}

test("a client may ask for some of its scopes; one without any has none in its token", async () => {
  const some = json(await ask(`${GRANT}&scope=write`, right));
  assert.equal(some["scope"], "write");
  assert.equal(decodeJwt(String(some["access_token"]))["scope"], "write");
  const none = json(await ask(GRANT, { authorization: basic("a:b", "p:ss wörd+%&") }));
  assert.ok(!("scope" in none));
  const claims = decodeJwt(String(none["access_token"]));
  assert.ok(!("scope" in claims) && !("role" in claims));
  assert.equal(claims.sub, "a:b");
});

const refused: readonly (readonly [
  what: string,
  error: string,
  code: string,
  body: string,
  headers: Readonly<Record<string, string>>,
])[] = [
  ["no authentication", "invalid_client", "token.client", GRANT, {}],
  ["a wrong secret", "invalid_client", "token.client", GRANT, { authorization: basic("billing", "wrong") }],
  [
    "the secret of another client",
    "invalid_client",
    "token.client",
    GRANT,
    { authorization: basic("a:b", "correct horse") },
  ],
  [
    "an unknown client with the stand-in's secret",
    "invalid_client",
    "token.client",
    GRANT,
    { authorization: basic("unknown!", "correct horse") },
  ],
  [
    "an unknown client of odd length",
    "invalid_client",
    "token.client",
    GRANT,
    { authorization: basic("unknown", "p:ss wörd+%&") },
  ],
  [
    "an id of the prototype",
    "invalid_client",
    "token.client",
    GRANT,
    { authorization: basic("__proto__", "x") },
  ],
  [
    "the id in another case",
    "invalid_client",
    "token.client",
    GRANT,
    { authorization: basic("Billing", "correct horse") },
  ],
  ["an empty secret", "invalid_client", "token.client", GRANT, { authorization: basic("billing", "") }],
  [
    "the hash as the secret",
    "invalid_client",
    "token.client",
    GRANT,
    { authorization: basic("billing", secretHash) },
  ],
  ["an id without a secret", "invalid_client", "token.client", `${GRANT}&client_id=billing`, {}],
  ["Bearer", "invalid_client", "token.client", GRANT, { authorization: "Bearer x" }],
  [
    "Basic without a colon",
    "invalid_client",
    "token.client",
    GRANT,
    { authorization: `Basic ${btoa("billing")}` },
  ],
  [
    "Basic in base64 that is not canonical",
    "invalid_client",
    "token.client",
    GRANT,
    { authorization: `${right.authorization}=` },
  ],
  [
    "Basic with a bad escape",
    "invalid_client",
    "token.client",
    GRANT,
    { authorization: `Basic ${btoa("billing:%zz")}` },
  ],
  [
    "two ways at once",
    "invalid_request",
    "token.bad_request",
    `${GRANT}&client_id=billing&client_secret=correct+horse`,
    right,
  ],
  ["another id in the body", "invalid_request", "token.bad_request", `${GRANT}&client_id=other`, right],
  ["no grant type", "invalid_request", "token.bad_request", "scope=read", right],
  ["an empty body", "invalid_request", "token.bad_request", "", right],
  ["a parameter twice", "invalid_request", "token.bad_request", `${GRANT}&scope=read&scope=write`, right],
  ["a bad escape", "invalid_request", "token.bad_request", `${GRANT}&scope=%zz`, right],
  ["an escape that is not UTF-8", "invalid_request", "token.bad_request", `${GRANT}&scope=%ff`, right],
  ["a raw space", "invalid_request", "token.bad_request", `${GRANT}&scope=read write`, right],
  [
    "JSON",
    "invalid_request",
    "token.bad_request",
    '{"grant_type":"client_credentials"}',
    { ...right, "content-type": "application/json" },
  ],
  [
    "a body that is too large",
    "invalid_request",
    "token.bad_request",
    `${GRANT}&a=${"x".repeat(16 * 1024)}`,
    right,
  ],
  [
    "a password grant",
    "unsupported_grant_type",
    "token.grant_type",
    "grant_type=password&username=a&password=b",
    right,
  ],
  ["a scope that it does not have", "invalid_scope", "token.scope", `${GRANT}&scope=read+admin`, right],
  ["an empty scope between two", "invalid_scope", "token.scope", `${GRANT}&scope=read++write`, right],
];

for (const [what, error, code, body, headers] of refused) {
  test(`refuses ${what} (${error})`, async () => {
    const reply = await ask(body, headers);
    assert.equal(reply.status, error === "invalid_client" ? 401 : 400);
    assert.equal(reply.refusal?.kind.code, code);
    assert.equal(json(reply)["error"], error);
    assert.equal(json(reply)["code"], code);
    assert.equal(header(reply, "content-type"), "application/json");
    assert.equal(header(reply, "cache-control"), "no-store");
    const challenge = error === "invalid_client" ? 'Basic realm="token", charset="UTF-8"' : undefined;
    assert.equal(header(reply, "www-authenticate"), challenge);
  });
}

test("two Authorization headers are a bad request", async () => {
  const x = testExchange({
    method: "POST",
    headers: { "content-type": FORM, ...right },
    bodyLength: GRANT.length,
  });
  x.request.headers.append("authorization", basic("a:b", "x"));
  const answer = handler.handle(x);
  const { sink } = bodyOf(x);
  sink!.body(Buffer.from(GRANT), 0, GRANT.length);
  sink!.bodyEnd(undefined);
  const reply = await answer;
  assert.ok(reply);
  assert.equal(json(reply)["error"], "invalid_request");
});

test("more clients at once than may wait are told to come back", async () => {
  const fresh = createHandler({ credentials: { clients } }).handler;
  const wrong = { "content-type": FORM, authorization: basic("billing", "wrong") };
  const replies: Promise<number>[] = [];
  for (let i = 0; i < 70; i += 1) {
    // Those who wait have left, so that only two secrets are really looked at.
    replies.push(
      post(fresh, GRANT, { headers: wrong, gone: i >= 2 }).then((reply) => {
        if (reply.status === 503) assert.equal(header(reply, "retry-after"), "1");
        return reply.status;
      }),
    );
  }
  const statuses = await Promise.all(replies);
  assert.equal(statuses.filter((status) => status === 503).length, 70 - 2 - 64);
  assert.equal(statuses.filter((status) => status === 401).length, 2 + 64);
});

const configs: readonly (readonly [
  what: string,
  list: readonly object[],
  path: readonly (string | number)[],
])[] = [
  [
    "a secret instead of its hash",
    [{ id: "a", secretHash: "correct horse" }],
    ["credentials", "clients", 0, "secretHash"],
  ],
  [
    "a hash by another algorithm",
    [{ id: "a", secretHash: secretHash.replace("argon2id", "argon2i") }],
    ["credentials", "clients", 0, "secretHash"],
  ],
  [
    "a hash that is too cheap",
    [{ id: "a", secretHash: secretHash.replace("m=19456", "m=4096") }],
    ["credentials", "clients", 0, "secretHash"],
  ],
  [
    "a hash that costs too much",
    [{ id: "a", secretHash: secretHash.replace("m=19456", "m=4194304") }],
    ["credentials", "clients", 0, "secretHash"],
  ],
  [
    "a client listed twice",
    [clients[0]!, { ...clients[1], id: "billing" }],
    ["credentials", "clients", 1, "id"],
  ],
];

for (const [what, list, path] of configs) {
  test(`a config is refused for ${what}`, () => {
    assert.throws(
      () => createHandler({ credentials: { clients: list } }),
      (error) => {
        assert.ok(error instanceof Error);
        assert.equal(error.name, "ConfigMistake");
        assert.deepEqual("path" in error && error.path, path);
        assert.ok(!error.message.includes("correct horse") && !error.message.includes(secretHash.slice(-20)));
        return true;
      },
    );
  });
}
