/** Claims that have types, in a whole gateway: no caller has one of another type, by whatever credential. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { SignJWT } from "jose";
import { createGateway, defineConfig } from "../../src/index.ts";
import { newKey, PEPPER } from "../../src/policies/api-key/testing.ts";

const SECRET = "a secret that is long enough for HMAC with SHA-256";
const machine = newKey({ claims: { level: 7 } });

const config = defineConfig({
  claims: { level: "integer", role: ["admin", "clerk"], groups: { list: "string" } },
  log: { level: "silent" },
  policies: {
    jwt: { secret: SECRET, algorithms: ["HS256"] },
    apiKey: { pepper: PEPPER, keys: [machine.entry] },
  },
  routes: [
    {
      path: "/level",
      handler: { fetch: (_request, { caller }) => Response.json((caller?.claims.level ?? 0) + 1) },
    },
  ],
});

async function ask(headers: Record<string, string>): Promise<readonly [status: number, body: unknown]> {
  const gateway = createGateway(config);
  const response = await gateway.inject(new Request("http://gateway.test/level", { headers }));
  const body: unknown = await response.json();
  await gateway.close();
  return [response.status, body];
}

async function bear(claims: object): Promise<readonly [status: number, body: unknown]> {
  const token = await new SignJWT({ ...claims })
    .setProtectedHeader({ alg: "HS256" })
    .setSubject("alice")
    .setExpirationTime("1h")
    .sign(Buffer.from(SECRET));
  return ask({ authorization: `Bearer ${token}` });
}

const passing: readonly (readonly [what: string, claims: object, body: unknown])[] = [
  ["of their types", { level: 3, role: "admin", groups: ["a"] }, 4],
  ["that are missing", {}, 1],
  ["that are null", { level: null, role: null }, 1],
  ["that nobody has given a type", { level: 3, more: { than: ["that"] } }, 4],
];
for (const [what, claims, body] of passing) {
  test(`a token with claims ${what} passes`, async () => assert.deepEqual(await bear(claims), [200, body]));
}

const refused: readonly (readonly [claims: object, detail: string])[] = [
  [{ level: "3" }, "The token's claim level is not an integer."],
  [{ level: 0.5 }, "The token's claim level is not an integer."],
  [{ level: 2 ** 53 }, "The token's claim level is not an integer."],
  [{ role: "boss" }, "The token's claim role is not one of the values that it may have."],
  [{ role: ["admin"] }, "The token's claim role is not one of the values that it may have."],
  [{ groups: "a" }, "The token's claim groups is not a list, each item of it a string."],
  [{ groups: ["a", 1] }, "The token's claim groups is not a list, each item of it a string."],
  [{ jti: 1 }, "The token's claim jti is not a string."],
  [{ client_id: ["a"] }, "The token's claim client_id is not a string."],
];
for (const [claims, expected] of refused) {
  test(`a token with ${JSON.stringify(claims)} does not`, async () => {
    const [status, body] = await bear(claims);
    const { code, detail } = body as { code: string; detail: string };
    assert.deepEqual([status, code, detail], [401, "jwt.claim_type", expected]);
  });
}

test("a key brings claims of their types, too", async () => {
  assert.deepEqual(await ask({ "x-api-key": machine.key }), [200, 8]);
  const keys = [
    newKey({ claims: { level: "7" } }).entry,
    newKey({ claims: { role: "boss" } }).entry,
    newKey({ claims: { levle: 7 } }).entry,
  ];
  const mistake = (entry: (typeof keys)[number]) => () =>
    createGateway({ ...config, policies: { apiKey: { pepper: PEPPER, keys: [entry] } } });
  assert.throws(mistake(keys[0]!), {
    message: /^policies\.apiKey\.keys\[0\]\.claims\.level: the claim level is not an integer/,
  });
  assert.throws(mistake(keys[1]!), { message: /\.claims\.role: the claim role is not one of the values/ });
  assert.throws(mistake(keys[2]!), {
    message: /\.claims\.levle: there is no claim "levle".*did you mean "level"/s,
  });
});
