/** Tokens that the gateway has issued, and that are taken back: at its revocation endpoint, and by a file. */
import assert from "node:assert/strict";
import { mkdtemp, realpath, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { decodeJwt } from "jose";
import { ConfigError, createGateway, type ConfigInput } from "../../src/index.ts";
import { hashSecret } from "../../src/lib/secret-hash.ts";
import { testPrivateKey, toPem } from "../../src/testing/private-keys.ts";

const ISSUER = "https://gateway.example";
const secretHash = await hashSecret("correct horse");
const signingKey = testPrivateKey("ES256");

function configWith(jwt: object, more: Partial<ConfigInput> = {}): ConfigInput {
  const publicKey = signingKey.export({ format: "jwk" });
  const { kty, crv, x, y } = publicKey;
  return {
    listen: { port: 0 },
    log: { level: "silent" },
    drain: "1s",
    signingKeys: { tokens: [{ privateKey: toPem(signingKey), algorithm: "ES256" }] },
    routes: [
      {
        method: "POST",
        path: "/oauth/token",
        policies: { authFailures: { limit: 2 } },
        handler: {
          token: {
            signingKeys: "tokens",
            issuer: ISSUER,
            audience: "orders",
            credentials: {
              clients: [
                { id: "billing", secretHash },
                { id: "shipping", secretHash },
              ],
            },
          },
        },
      },
      {
        method: "POST",
        path: "/oauth/revoke",
        policies: { authFailures: { limit: 2 } },
        handler: {
          revoke: {
            revocations: "tokens",
            signingKeys: "tokens",
            clients: [
              { id: "billing", secretHash },
              { id: "operators", secretHash, revokes: "any" },
            ],
          },
        },
      },
      {
        path: "/orders",
        handler: "index",
        policies: {
          jwt: {
            publicKey: { kty: kty!, crv, x, y },
            algorithms: ["ES256"],
            issuer: ISSUER,
            audience: "orders",
            ...jwt,
          },
        },
      },
    ],
    ...more,
  };
}

async function start(t: TestContext, config: ConfigInput) {
  const gateway = createGateway(config);
  const { url } = await gateway.start();
  t.after(() => gateway.close());
  const post = (path: string, client: string, form: Record<string, string>, secret = "correct+horse") =>
    fetch(url + path, {
      method: "POST",
      headers: { authorization: `Basic ${btoa(`${client}:${secret}`)}` },
      body: new URLSearchParams(form),
    });
  return {
    post,
    revoke: async (client: string, form: Record<string, string>) => {
      const response = await post("/oauth/revoke", client, form);
      return { status: response.status, body: await response.text() };
    },
    tokenFor: async (client: string) => {
      const response = await post("/oauth/token", client, { grant_type: "client_credentials" });
      return ((await response.json()) as { access_token: string }).access_token;
    },
    ask: async (token: string) => {
      const response = await fetch(`${url}/orders`, { headers: { authorization: `Bearer ${token}` } });
      const { code = "" } = (await response.json()) as { code?: string };
      return `${response.status} ${code}`.trimEnd();
    },
  };
}

test("a token that its client or an operator revokes does not pass with the next request, and only that one", async (t) => {
  const config = configWith({ revocations: "tokens" }, { revocations: { tokens: {} } });
  const { revoke, tokenFor, ask } = await start(t, config);
  const tokens = await Promise.all(["billing", "billing", "shipping", "shipping"].map(tokenFor));
  const answers = (): Promise<string[]> => Promise.all(tokens.map(ask));
  for (let i = 0; i < 3; i++) assert.deepEqual(await answers(), ["200", "200", "200", "200"]);

  assert.deepEqual(await revoke("billing", { token: tokens[0]! }), { status: 200, body: "" });
  for (let i = 0; i < 3; i++) assert.deepEqual(await answers(), ["401 jwt.revoked", "200", "200", "200"]);

  const refused = await revoke("billing", { token: tokens[2]! });
  assert.equal(refused.status, 400);
  assert.equal((JSON.parse(refused.body) as { error: string }).error, "unauthorized_client");
  assert.equal((await revoke("operators", { jti: decodeJwt(tokens[2]!).jti! })).status, 200);
  assert.deepEqual(await answers(), ["401 jwt.revoked", "200", "401 jwt.revoked", "200"]);

  assert.equal((await revoke("operators", { sub: "shipping" })).status, 200);
  assert.deepEqual(await answers(), ["401 jwt.revoked", "200", "401 jwt.revoked", "401 jwt.revoked"]);
});

test("wrong secrets at both endpoints count as failed authentications, and right ones do not", async (t) => {
  const config = configWith({ revocations: "tokens" }, { revocations: { tokens: {} } });
  const { post } = await start(t, config);
  const forms = { "/oauth/token": { grant_type: "client_credentials" }, "/oauth/revoke": { token: "none" } };
  for (const [path, form] of Object.entries(forms)) {
    const statuses: number[] = [];
    for (const secret of ["correct+horse", "correct+horse", "wrong", "guessed", "correct+horse"])
      statuses.push((await post(path, "billing", form, secret)).status);
    assert.deepEqual(statuses, [200, 200, 401, 401, 429], path);
  }
});

test("a restart forgets what was revoked while the gateway ran", async (t) => {
  const config = configWith({ revocations: "tokens" }, { revocations: { tokens: {} } });
  const before = await start(t, config);
  const token = await before.tokenFor("billing");
  await before.revoke("billing", { token });
  assert.equal(await before.ask(token), "401 jwt.revoked");
  assert.equal(await (await start(t, config)).ask(token), "200");
});

test("a file takes tokens back while the gateway runs", { timeout: 30_000 }, async (t) => {
  const directory = await realpath(await mkdtemp(join(tmpdir(), "portcullis-revoked-")));
  t.after(() => rm(directory, { recursive: true }));
  const revokedFile = join(directory, "revoked.json");
  await writeFile(revokedFile, "[]");
  const config = configWith({ revokedFile });
  const { tokenFor, ask } = await start(t, { ...config, routes: config.routes.filter((_, i) => i !== 1) });
  const [token, other] = [await tokenFor("billing"), await tokenFor("billing")];
  assert.deepEqual([await ask(token), await ask(other)], ["200", "200"]);
  await writeFile(`${revokedFile}.new`, JSON.stringify([{ jti: decodeJwt(token).jti }]));
  await rename(`${revokedFile}.new`, revokedFile);
  while ((await ask(token)) === "200");
  assert.deepEqual([await ask(token), await ask(other)], ["401 jwt.revoked", "200"]);
});

const wrong: readonly (readonly [what: string, config: ConfigInput, mistake: RegExp])[] = [
  [
    "nobody reads",
    configWith({}, { revocations: { tokens: {} } }),
    /^revocations\.tokens: no policy jwt reads/,
  ],
  [
    "nobody writes",
    configWith({ revocations: "more" }, { revocations: { tokens: {}, more: {} } }),
    /revocations\.more: nothing writes/,
  ],
  ["is not there", configWith({ revocations: "tokens" }), /unknown zone of revocations "tokens"/],
  [
    "holds nothing",
    configWith({}, { revocations: { tokens: { entries: 0 } } }),
    /revocations\.tokens\.entries/,
  ],
  ["keeps for too long", configWith({}, { revocations: { tokens: { keepFor: "32d" } } }), /out of range/],
];
for (const [what, config, mistake] of wrong) {
  test(`a zone that ${what} is a mistake of the config`, () => {
    assert.throws(
      () => createGateway(config),
      (error) => error instanceof ConfigError && mistake.test(error.message),
    );
  });
}
