import assert from "node:assert/strict";
import { test } from "node:test";
import type { OutboundReason } from "../../host/outbound.ts";
import { bear, createPolicy, NOW } from "./testing.ts";

type Config = NonNullable<Parameters<typeof createPolicy>[0]>;

const nested = `${"[".repeat(1000)}${"]".repeat(1000)}`;
const useless: readonly (readonly [what: string, status: number, body: unknown])[] = [
  ["nothing", 200, ""],
  ["no JSON", 200, "<html>"],
  ["half of it", 200, '{"active":true,"sub":"alice"'],
  ["a list", 200, [{ active: true, sub: "alice" }]],
  ["null", 200, "null"],
  ["true", 200, "true"],
  ["an empty object", 200, {}],
  ["active as a text", 200, { active: "true", sub: "alice" }],
  ["inactive as a text", 200, { active: "false", sub: "alice" }],
  ["active as a number", 200, { active: 1, sub: "alice" }],
  ["active as a list", 200, { active: [true], sub: "alice" }],
  ["active as null", 200, { active: null, sub: "alice" }],
  ["active in another case", 200, { Active: true, sub: "alice" }],
  ["active twice", 200, '{"active":false,"active":true,"sub":"alice"}'],
  ["sub twice", 200, '{"active":true,"sub":"alice","sub":"root"}'],
  ["active by its prototype", 200, '{"__proto__":{"active":true},"sub":"alice"}'],
  ["deep nesting", 200, `{"active":true,"sub":"alice","a":${nested}}`],
  ["no UTF-8", 200, Buffer.from('{"active":true,"sub":"\xff"}', "latin1")],
  ["a byte order mark", 200, '\ufeff{"active":true,"sub":"alice"}'],
  ["201", 201, { active: true, sub: "alice" }],
  ["204", 204, ""],
  ["a redirect", 302, { active: true, sub: "alice" }],
  ["400", 400, { active: true, sub: "alice" }],
  ["401", 401, { active: true, sub: "alice" }],
  ["403", 403, { active: false }],
  ["429", 429, { active: true, sub: "alice" }],
  ["500", 500, { active: true, sub: "alice" }],
];
for (const [what, status, body] of useless) {
  test(`an answer that is ${what}: 503 with Retry-After, never a pass, and nothing is remembered`, async () => {
    const { policy, server } = createPolicy();
    Object.assign(server, { status, body });
    const { code, reply, x } = await bear(policy, "token");
    assert.deepEqual([code, reply?.status, x.caller], ["introspection.unavailable", 503, undefined]);
    assert.deepEqual(reply?.headers, ["retry-after", "1"]);
    Object.assign(server, { status: 200, body: { active: true, sub: "alice" } });
    assert.equal((await bear(policy, "token")).code, "");
  });
}

const reasons: readonly OutboundReason[] = ["insecure", "redirects", "too_large", "timeout", "unreachable"];
for (const reason of reasons) {
  test(`no answer (${reason}): 503, and who is remembered passes on`, async () => {
    const { policy, server, host } = createPolicy();
    assert.equal((await bear(policy, "known")).code, "");
    server.failure = reason;
    host.clock.advance(59_999);
    assert.equal((await bear(policy, "known")).code, "");
    assert.equal((await bear(policy, "new")).code, "introspection.unavailable");
    host.clock.advance(1);
    assert.equal((await bear(policy, "known")).code, "introspection.unavailable");
  });
}

const passing: readonly (readonly [what: string, config: Config, answer: object, id: string])[] = [
  ["sub", {}, { sub: "alice", username: "al", client_id: "app" }, "alice"],
  ["username", { id: "username" }, { sub: "1", username: "al", client_id: "app" }, "al"],
  ["client_id", { id: "client_id" }, { sub: "1", username: "al", client_id: "app" }, "app"],
  ["an issuer of one", { issuer: "a" }, { sub: "alice", iss: "a" }, "alice"],
  ["an issuer of several", { issuer: ["b", "a"] }, { sub: "alice", iss: "a" }, "alice"],
  ["an issuer that nobody asks for", {}, { sub: "alice", iss: 1 }, "alice"],
  ["an audience", { audience: "api" }, { sub: "alice", aud: "api" }, "alice"],
  ["an audience of several", { audience: ["x", "api"] }, { sub: "alice", aud: ["y", "api"] }, "alice"],
  ["an audience that nobody asks for", {}, { sub: "alice", aud: "other" }, "alice"],
  [
    "null for what need not be there",
    { plan: "tier" },
    { sub: "alice", exp: null, scope: null, tier: null, cnf: null, token_type: null },
    "alice",
  ],
  ["token_type Bearer", {}, { sub: "alice", token_type: "Bearer" }, "alice"],
  ["token_type access_token", {}, { sub: "alice", token_type: "access_token" }, "alice"],
  [
    "typ and token_use of an access token",
    {},
    { sub: "alice", typ: "Bearer", token_use: "access_token" },
    "alice",
  ],
  ["the last second of 9999", {}, { sub: "alice", exp: 253_402_300_799 }, "alice"],
];
for (const [what, config, answer, id] of passing) {
  test(`${what} passes`, async () => {
    const { policy, server } = createPolicy(config);
    server.body = { active: true, ...answer };
    const { code, x } = await bear(policy, "token");
    assert.deepEqual([code, x.caller?.id], ["", id]);
  });
}

const refused: readonly (readonly [what: string, config: Config, answer: object | string, code: string])[] = [
  ["no sub", {}, { username: "alice", client_id: "alice" }, "claim_missing"],
  ["sub of a prototype", {}, '{"active":true,"__proto__":{"sub":"alice"}}', "claim_missing"],
  ["null as sub", {}, { sub: null }, "claim_missing"],
  ["an empty sub", {}, { sub: "" }, "claim_type"],
  ["a number as sub", {}, { sub: 1 }, "claim_type"],
  ["a list as sub", {}, { sub: ["alice"] }, "claim_type"],
  ["no username", { id: "username" }, { sub: "alice" }, "claim_missing"],
  ["exp as a text", {}, { sub: "alice", exp: "2000000000" }, "claim_type"],
  ["exp in milliseconds", {}, { sub: "alice", exp: 2_000_000_000_000 }, "claim_type"],
  ["exp below zero", {}, { sub: "alice", exp: -1 }, "claim_type"],
  ["exp without end", {}, '{"active":true,"sub":"alice","exp":1e999}', "claim_type"],
  ["exp in the past", {}, { sub: "alice", exp: NOW - 1 }, "expired"],
  ["exp now", {}, { sub: "alice", exp: NOW }, "expired"],
  ["scope as a number", {}, { sub: "alice", scope: 1 }, "claim_type"],
  ["scope as an object", {}, { sub: "alice", scope: { read: true } }, "claim_type"],
  ["a scope that is no text", {}, { sub: "alice", scope: ["a", 1] }, "claim_type"],
  ["a plan that is no text", { plan: "tier" }, { sub: "alice", tier: 1 }, "claim_type"],
  ["an empty plan", { plan: "tier" }, { sub: "alice", tier: "" }, "claim_type"],
  ["another issuer", { issuer: "a" }, { sub: "alice", iss: "a/" }, "issuer"],
  ["an issuer in a list", { issuer: "a" }, { sub: "alice", iss: ["a"] }, "issuer"],
  ["no issuer", { issuer: "a" }, { sub: "alice" }, "claim_missing"],
  ["another audience", { audience: "api" }, { sub: "alice", aud: ["ap", "apis"] }, "audience"],
  ["an empty audience", { audience: "api" }, { sub: "alice", aud: [] }, "audience"],
  ["no audience", { audience: "api" }, { sub: "alice" }, "claim_missing"],
  ["an audience that is no text", { audience: "api" }, { sub: "alice", aud: [{ api: 1 }] }, "claim_type"],
  ["a refresh token of Keycloak's", {}, { sub: "alice", typ: "Refresh" }, "type"],
  ["a refresh token of Hydra's", {}, { sub: "alice", token_use: "refresh_token" }, "type"],
  ["an id token", {}, { sub: "alice", typ: "ID" }, "type"],
  ["a refresh token by its token_type", {}, { sub: "alice", token_type: "refresh_token" }, "type"],
  ["a token with a proof", {}, { sub: "alice", token_type: "DPoP" }, "type"],
  ["a token_type that is no text", {}, { sub: "alice", token_type: 1 }, "type"],
  ["a token that is bound to a key", {}, { sub: "alice", cnf: { jkt: "x" } }, "type"],
  ["a line break for a header", { claimsToHeaders: { sub: "x-a" } }, { sub: "a\r\nb: c" }, "claim_type"],
  ["an object for a header", { claimsToHeaders: { a: "x-a" } }, { sub: "alice", a: {} }, "claim_type"],
];
for (const [what, config, answer, reason] of refused) {
  test(`${what} is refused (${reason}), also by what is remembered`, async () => {
    const { policy, server } = createPolicy(config);
    server.body = typeof answer === "string" ? answer : { active: true, ...answer };
    for (let i = 0; i < 2; i++) {
      const { code, reply, x } = await bear(policy, "token");
      assert.deepEqual([code, reply?.status, x.caller], [`introspection.${reason}`, 401, undefined]);
      assert.equal(x.forwardHeaders, undefined);
      assert.match(
        reply!.headers![1]!,
        /^Bearer realm="portcullis", error="invalid_token", error_description="[^"\\]+"$/,
      );
    }
    assert.equal(server.requests.length, 1);
  });
}

test("claims have their types, and may be missing or null", async () => {
  const { policy, server } = createPolicy({}, { level: "integer", role: ["admin", "clerk"] });
  const said: readonly (readonly [claims: object, code: string])[] = [
    [{ level: 3, role: "admin", more: {} }, ""],
    [{ level: null }, ""],
    [{ level: "3" }, "introspection.claim_type"],
    [{ role: "boss" }, "introspection.claim_type"],
    [{ jti: 7 }, "introspection.claim_type"],
  ];
  for (const [claims, code] of said) {
    server.body = { active: true, sub: "alice", ...claims };
    assert.equal((await bear(policy, `token-${JSON.stringify(claims).length}-${code}`)).code, code);
  }
});

test("a plan is told, and what a prototype has is no claim of anybody's", async () => {
  const { policy, server } = createPolicy({
    plan: "tier",
    claimsToHeaders: { constructor: "x-a", toString: "x-b" },
  });
  server.body = { active: true, sub: "__proto__", tier: "pro" };
  const { x } = await bear(policy, "token");
  assert.deepEqual([x.caller?.id, x.caller?.plan, x.forwardHeaders], ["__proto__", "pro", undefined]);
});

test("a token that is not active says nothing else", async () => {
  const { policy, server } = createPolicy();
  server.body = { active: false, sub: "alice", exp: "nonsense" };
  assert.equal((await bear(policy, "token")).code, "introspection.inactive");
});
