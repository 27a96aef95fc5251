import assert from "node:assert/strict";
import { createSecretKey } from "node:crypto";
import { test } from "node:test";
import { SignJWT } from "jose";
import type { Handler } from "../../core/handler.ts";
import { ConfigMistake } from "../../lib/config-mistake.ts";
import type { Reply } from "../../core/reply.ts";
import { Revocations } from "../../callers/revocations.ts";
import { createSigningKey, SigningKeys, type SigningKey } from "../../callers/signing-keys.ts";
import { hashSecret } from "../../lib/secret-hash.ts";
import { bodyOf, testExchange } from "../../testing/exchange.ts";
import { testPrivateKey, toPem } from "../../testing/private-keys.ts";
import { simulatedHost } from "../../testing/simulated-host.ts";
import { RevocationTable } from "../../zones/revocation-table.ts";
import { testAround } from "../../testing/around.ts";
import { revokeHandler } from "./handler.ts";
import { revokeConfig } from "./schema.ts";

const SECRET = "a secret that is long enough for every HMAC algorithm there is: 64+";
const NOW = Date.UTC(2026, 0, 1) / 1000;
const HOUR = 3_600_000;
const FORM = "application/x-www-form-urlencoded";

const secretHash = await hashSecret("correct horse");
const clients = [
  { id: "billing", secretHash },
  { id: "operators", secretHash, revokes: "any" },
];
const keys = (["RS256", "ES256"] as const).map((algorithm) =>
  createSigningKey({ privateKey: toPem(testPrivateKey(algorithm)), algorithm }),
);
const strangers = createSigningKey({ privateKey: toPem(testPrivateKey("EdDSA")), algorithm: "EdDSA" });

function create(config: object = {}, { entries = 100 }: { entries?: number } = {}) {
  const host = simulatedHost();
  const zone = new Revocations(
    { entries, keepFor: HOUR },
    RevocationTable.create(entries, [1, 2]),
    host.clock,
  );
  const handler = revokeHandler.create(
    revokeConfig.parse({ revocations: "tokens", signingKeys: "tokens", clients, ...config }),
    testAround({
      host,
      signingKeys: new Map([["tokens", new SigningKeys(keys, host.clock)]]),
      revocations: new Map([["tokens", zone]]),
    }),
  );
  return { handler, zone, log: host.log, clock: host.clock };
}

/** As the handler `token` makes them. */
function tokenOf(
  claims: object,
  { key = keys[1]!, alg, kid }: { key?: SigningKey; alg?: string; kid?: string } = {},
): Promise<string> {
  const whole = { sub: "billing", client_id: "billing", iat: NOW, exp: NOW + 600, jti: "a", ...claims };
  return new SignJWT(whole)
    .setProtectedHeader({ alg: alg ?? key.algorithm, kid: kid ?? key.kid, typ: "at+jwt" })
    .sign(key.key);
}

function withSecret(claims: object, alg = "HS256"): Promise<string> {
  return new SignJWT({ sub: "billing", iat: NOW, exp: NOW + 600, jti: "a", ...claims })
    .setProtectedHeader({ alg, typ: "JWT" })
    .sign(createSecretKey(SECRET, "utf8"));
}

async function post(
  handler: Handler,
  form: Readonly<Record<string, string>> | string,
  { client = "billing", secret = "correct+horse", method = "POST" } = {},
): Promise<Reply> {
  const bytes = Buffer.from(String(typeof form === "string" ? form : new URLSearchParams(form)));
  const headers = { "content-type": FORM, authorization: `Basic ${btoa(`${client}:${secret}`)}` };
  const x = testExchange({ method, headers, bodyLength: bytes.length });
  const answer = handler.handle(x);
  const { sink } = bodyOf(x);
  if (sink?.body(bytes, 0, bytes.length) === true) sink.bodyEnd(undefined);
  const reply = await answer;
  assert.ok(reply !== undefined);
  return reply;
}

function codeOf(reply: Reply): string {
  if (reply.status === 200) assert.equal(reply.body, undefined);
  if (typeof reply.body !== "string") return String(reply.refusal?.kind.code ?? reply.status);
  const { error, code } = JSON.parse(reply.body) as { error: string; code: string };
  assert.equal(code, reply.refusal?.kind.code);
  return `${reply.status} ${error} ${code}`;
}

test("a client revokes a token of its own; answers are for no cache", async () => {
  const { handler, zone, log, clock } = create();
  const reply = await post(handler, { token: await tokenOf({}), token_type_hint: "access_token" });
  assert.deepEqual([reply.status, reply.body], [200, undefined]);
  assert.deepEqual(reply.headers, ["cache-control", "no-store", "pragma", "no-cache"]);
  assert.ok(zone.isRevoked("a", "billing", NOW));
  assert.ok(!zone.isRevoked("b", "billing", NOW));
  assert.deepEqual(log.lines, [
    {
      level: "info",
      fields: { zone: "tokens", client: "billing", jti: "a" },
      message: "a token was revoked",
    },
  ]);
  // Until it has expired, wherever clocks are.
  clock.advance(600_000 + 119_999);
  assert.ok(zone.isRevoked("a", "billing", NOW));
  clock.advance(1);
  assert.ok(!zone.isRevoked("a", "billing", NOW));
});

const NOT_ALLOWED = "400 unauthorized_client revoke.not_allowed";
const BAD_REQUEST = "400 invalid_request revoke.bad_request";
const BAD_CLIENT = "401 invalid_client revoke.client";
const UNSUPPORTED = "400 unsupported_token_type revoke.token_type";

const tokens: readonly (readonly [
  what: string,
  token: () => string | Promise<string>,
  client: string,
  answer: string,
  revoked: boolean,
])[] = [
  ["of another key of the list", () => tokenOf({}, { key: keys[0]! }), "billing", "200", true],
  ["of another client", () => tokenOf({ client_id: "other" }), "billing", NOT_ALLOWED, false],
  ["of another client", () => tokenOf({ client_id: "other" }), "operators", "200", true],
  ["of a client that is no text", () => tokenOf({ client_id: ["billing"] }), "billing", NOT_ALLOWED, false],
  [
    "of a user that is called like the client",
    () => tokenOf({ client_id: "x" }),
    "billing",
    NOT_ALLOWED,
    false,
  ],
  ["that expired just now", () => tokenOf({ exp: NOW - 30 }), "billing", "200", true],
  ["that expired long ago", () => tokenOf({ exp: NOW - 300 }), "billing", "200", false],
  ["without jti", () => tokenOf({ jti: undefined }), "billing", UNSUPPORTED, false],
  ["whose jti is no text", () => tokenOf({ jti: 7 }), "operators", UNSUPPORTED, false],
  ["of a stranger", () => tokenOf({}, { key: strangers }), "billing", "200", false],
  [
    "of a stranger, under our kid",
    () => tokenOf({}, { key: strangers, kid: keys[1]!.kid }),
    "operators",
    "200",
    false,
  ],
  ["under the kid of another key", () => tokenOf({}, { kid: keys[0]!.kid }), "billing", "200", false],
  [
    "with another algorithm of the key",
    () => tokenOf({}, { key: keys[0]!, alg: "PS256" }),
    "billing",
    "200",
    false,
  ],
  ["of the secret of nobody", () => withSecret({}), "billing", "200", false],
  ["that is changed", async () => (await tokenOf({})).replace(/\.[^.]*\./, ".e30."), "billing", "200", false],
  ["that is none", () => "45ghiukldjahdnhzdauz", "billing", "200", false],
  ["that is dots", () => "..", "billing", "200", false],
];
for (const [what, token, client, answer, revoked] of tokens) {
  test(`a token ${what}, shown by ${client}: ${answer}, ${revoked ? "revoked" : "nothing is revoked"}`, async () => {
    const { handler, zone } = create();
    assert.equal(codeOf(await post(handler, { token: await token() }, { client })), answer);
    assert.equal(zone.isRevoked("a", "billing", NOW), revoked);
    assert.equal(zone.generation, Number(revoked));
  });
}

test("tokens of a secret are revoked by whose they are", async () => {
  for (const [config, algorithm] of [
    [{}, "HS256"],
    [{ algorithm: "HS512" }, "HS512"],
  ] as const) {
    const { handler, zone } = create({ signingKeys: undefined, secret: SECRET, ...config });
    const wrong = await withSecret({}, algorithm === "HS256" ? "HS512" : "HS256");
    assert.equal(codeOf(await post(handler, { token: wrong })), "200");
    const others = await withSecret({ sub: "alice", jti: "b" }, algorithm);
    assert.equal(codeOf(await post(handler, { token: others })), NOT_ALLOWED);
    assert.equal(zone.generation, 0);
    assert.equal(codeOf(await post(handler, { token: await withSecret({}, algorithm) })), "200");
    assert.ok(zone.isRevoked("a", "billing", NOW));
  }
});

const forms: readonly (readonly [
  what: string,
  form: Readonly<Record<string, string>> | string,
  client: string,
  answer: string,
  revoked: readonly [jti: string, sub: string] | undefined,
])[] = [
  ["a jti", { jti: "x y" }, "operators", "200", ["x y", ""]],
  ["a sub", { sub: "alice" }, "operators", "200", ["", "alice"]],
  ["a jti", { jti: "a" }, "billing", NOT_ALLOWED, undefined],
  ["a sub", { sub: "billing" }, "billing", NOT_ALLOWED, undefined],
  ["nothing", {}, "operators", BAD_REQUEST, undefined],
  ["an empty token", { token: "" }, "billing", BAD_REQUEST, undefined],
  ["two of them", { jti: "a", sub: "alice" }, "operators", BAD_REQUEST, undefined],
  ["a token and a sub", { token: "a.b.c", sub: "alice" }, "operators", BAD_REQUEST, undefined],
  ["one twice", "jti=a&jti=b", "operators", BAD_REQUEST, undefined],
  ["a jti of 1000 characters", { jti: "j".repeat(1000) }, "operators", "200", ["j".repeat(1000), ""]],
  ["a jti that is longer", { jti: "j".repeat(1001) }, "operators", BAD_REQUEST, undefined],
  ["a bad escape", "jti=%zz", "operators", BAD_REQUEST, undefined],
  ["more than 16 KB", { token: "a".repeat(20_000) }, "operators", BAD_REQUEST, undefined],
  ["a hint that nobody knows", { jti: "a", token_type_hint: "pigeon" }, "operators", "200", ["a", ""]],
  ["a client that is not there", { jti: "a" }, "nobody", BAD_CLIENT, undefined],
];
for (const [what, form, client, answer, revoked] of forms) {
  test(`${what}, sent by ${client}: ${answer}`, async () => {
    const { handler, zone } = create();
    assert.equal(codeOf(await post(handler, form, { client })), answer);
    assert.equal(zone.generation, revoked === undefined ? 0 : 1);
    if (revoked !== undefined) assert.ok(zone.isRevoked(...revoked, NOW));
  });
}

test("a wrong secret and another method revoke nothing", async () => {
  const { handler, zone } = create();
  const reply = await post(handler, { jti: "a" }, { client: "operators", secret: "wrong" });
  assert.equal(codeOf(reply), BAD_CLIENT);
  assert.match(reply.headers!.join(), /www-authenticate,Basic realm="revoke"/);
  const get = await post(handler, { jti: "a" }, { client: "operators", method: "GET" });
  assert.deepEqual([get.status, get.headers], [405, ["allow", "POST"]]);
  assert.equal(zone.generation, 0);
});

test("where there is no room the client is told that the token is not revoked, and the log says what to do", async () => {
  const { handler, zone, log } = create({}, { entries: 1 });
  for (let i = 0; zone.revokeToken(`token ${i}`, Infinity); i++);
  for (const [form, client] of [
    [{ token: await tokenOf({}) }, "billing"],
    [{ sub: "alice" }, "operators"],
  ] as const) {
    const reply = await post(handler, form, { client });
    assert.equal(codeOf(reply), "503 temporarily_unavailable revoke.full");
    assert.deepEqual(reply.headers!.slice(-2), ["retry-after", "60"]);
    assert.equal(log.lines.at(-1)?.level, "error");
    assert.match(log.lines.at(-1)?.message ?? "", /raise the entries/);
  }
  assert.ok(!zone.isRevoked("a", "alice", NOW));
});

test("for tokens of other issuers alone it needs no key, and is not shown tokens", async () => {
  const { handler, zone } = create({ signingKeys: undefined, clients: clients.slice(1) });
  assert.equal(
    codeOf(await post(handler, { token: await tokenOf({}) }, { client: "operators" })),
    BAD_REQUEST,
  );
  assert.equal(codeOf(await post(handler, { jti: "a" }, { client: "operators" })), "200");
  assert.ok(zone.isRevoked("a", "", NOW));
});

const wrong: readonly (readonly [config: object, path: readonly unknown[], message: RegExp])[] = [
  [{ revocations: "other" }, ["revocations"], /unknown zone/],
  [{ signingKeys: "other" }, ["signingKeys"], /unknown signing keys/],
  [{ secret: SECRET }, ["secret"], /exclude each other/],
  [{ algorithm: "HS256" }, ["algorithm"], /goes with a secret/],
  [{ signingKeys: undefined, secret: "short" }, ["secret"], /./],
  [{ signingKeys: undefined }, ["clients", 0], /no key to know them by/],
  [{ clients: [clients[0], clients[0]] }, ["clients", 1, "id"], /listed twice/],
  [{ clients: [{ id: "a", secretHash: "hunter2" }] }, ["clients", 0, "secretHash"], /cannot be used/],
];
for (const [config, path, message] of wrong) {
  test(`a config with ${JSON.stringify(config).slice(0, 50)} at ${path.join(".")} is refused`, () => {
    assert.throws(
      () => create(config),
      (error) => {
        assert.ok(error instanceof ConfigMistake);
        assert.deepEqual(error.path, path);
        assert.match(error.message, message);
        assert.ok(!error.message.includes("hunter2"));
        return true;
      },
    );
  });
}
