/** A gateway that signs tokens, and whoever verifies them with what it publishes: while its keys are replaced, too. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { createRemoteJWKSet, customFetch, decodeProtectedHeader, jwtVerify } from "jose";
import { hashSecret } from "../../src/lib/secret-hash.ts";
import { createGateway, type ConfigInput, type Gateway } from "../../src/index.ts";
import { SIGNATURE_ALGORITHMS } from "../../src/lib/signature-algorithms.ts";
import { testPrivateKey, toJwk, toPem } from "../../src/testing/private-keys.ts";

const ISSUER = "https://gateway.example";
const AUDIENCE = "https://orders.example";
const clients = [{ id: "billing", secretHash: await hashSecret("correct horse"), scopes: ["orders"] }];

type Keys = NonNullable<ConfigInput["signingKeys"]>[string];

function gatewayWith(keys: Keys): Gateway {
  return createGateway({
    log: { level: "silent" },
    signingKeys: { tokens: keys },
    routes: [
      {
        method: "POST",
        path: "/token",
        handler: {
          token: { signingKeys: "tokens", issuer: ISSUER, audience: AUDIENCE, credentials: { clients } },
        },
      },
      { method: "GET", path: "/.well-known/jwks.json", handler: { jwks: { signingKeys: "tokens" } } },
    ],
  });
}

async function tokenFrom(gateway: Gateway): Promise<string> {
  const request = new Request("http://gateway.test/token", {
    method: "POST",
    headers: { authorization: `Basic ${btoa("billing:correct+horse")}` },
    body: new URLSearchParams({ grant_type: "client_credentials" }),
  });
  const { access_token: token } = (await (await gateway.inject(request)).json()) as { access_token: string };
  return token;
}

/** A service that knows the gateway's URL, and nothing else. */
async function verify(gateway: Gateway, token: string): Promise<string | undefined> {
  const keys = createRemoteJWKSet(new URL("http://gateway.test/.well-known/jwks.json"), {
    [customFetch]: (url, options) => gateway.inject(new Request(url, options)),
  });
  const { payload } = await jwtVerify(token, keys, { issuer: ISSUER, audience: AUDIENCE, typ: "at+jwt" });
  return payload.sub;
}

for (const algorithm of SIGNATURE_ALGORITHMS) {
  test(`${algorithm}: from the gateway's token to the service's verdict`, async () => {
    const gateway = gatewayWith([{ privateKey: toPem(testPrivateKey(algorithm)), algorithm }]);
    assert.equal(await verify(gateway, await tokenFrom(gateway)), "billing");
    await gateway.close();
  });
}

test("keys are replaced in three steps, and at none of them is a token refused that is still valid", async () => {
  const old = { privateKey: toPem(testPrivateKey("RS256")), algorithm: "RS256" } as const;
  const next = { privateKey: toJwk(testPrivateKey("ES256")), algorithm: "ES256", kid: "next" } as const;
  const steps: readonly Keys[] = [
    [old],
    [{ ...next, signsFrom: "2999-01-01T00:00:00Z" }, old],
    [next, old],
    [next],
  ];
  const algorithms: (string | undefined)[] = [];
  let before: string | undefined;
  for (const [i, keys] of steps.entries()) {
    const gateway = gatewayWith(keys);
    const token = await tokenFrom(gateway);
    algorithms.push(decodeProtectedHeader(token).alg);
    assert.equal(await verify(gateway, token), "billing");
    // The last token of the step before; at the last step, none of the old key is valid any more.
    if (before !== undefined && i < 3) assert.equal(await verify(gateway, before), "billing");
    before = token;
    await gateway.close();
  }
  assert.deepEqual(algorithms, ["RS256", "RS256", "ES256", "ES256"]);
  const last = gatewayWith([next]);
  const first = gatewayWith([old]);
  await assert.rejects(verify(last, await tokenFrom(first)), { code: "ERR_JWKS_NO_MATCHING_KEY" });
  await Promise.all([first.close(), last.close()]);
});
