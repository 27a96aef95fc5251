/** What services are told of the caller in a token of the gateway's own, through whole gateways. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { createRemoteJWKSet, customFetch, decodeJwt, jwtVerify, SignJWT } from "jose";
import { createGateway } from "../../src/index.ts";
import { testPrivateKey, toPem } from "../../src/testing/private-keys.ts";
import { service, stage } from "./harness.ts";

const SECRET = "a secret that is long enough for HMAC with SHA-256";
const jwt = { secret: SECRET, algorithms: ["HS256" as const] };

function tokenOf(claims: Readonly<Record<string, unknown>>): Promise<string> {
  const exp = Math.floor(Date.UTC(2100, 0, 1) / 1000);
  return new SignJWT({ ...claims, sub: "alice", exp })
    .setProtectedHeader({ alg: "HS256" })
    .sign(Buffer.from(SECRET));
}

describe("a service is told who is calling by a token of the gateway's", () => {
  const internalToken = {
    secret: `internal: ${SECRET}`,
    issuer: "gateway",
    claims: ["role"],
  };

  test("whatever the client sends under that name, and not by the client's own token", async (t) => {
    const told: (string | undefined)[] = [];
    const backend = await service(t, (request, peer) => {
      const lines = request.head
        .split("\r\n")
        .filter((line) => /^(x-internal-token|authorization):/i.test(line));
      told.push(lines.join("\n"));
      peer.write("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok");
    });
    const stageOf = await stage(t, {
      services: { orders: { targets: [backend.url] }, users: { targets: [backend.url] } },
      routes: [
        { path: "/orders", service: "orders", policies: { jwt, internalToken } },
        { path: "/users", service: "users", policies: { jwt, internalToken, allow: { role: "admin" } } },
        { path: "/open", service: "users" },
      ],
    });
    const bearer = `authorization: Bearer ${await tokenOf({ role: "admin" })}\r\n`;
    const forged = "x-internal-token: forged\r\nX-Internal-Token: again\r\n";
    const paths = ["/orders", "/users", "/open"];
    for (const path of paths) assert.match((await stageOf.get(path, bearer + forged)).line, / 200 /);
    const tokens = told.map((lines) => /^x-internal-token: (.*)$/i.exec(lines!)?.[1]);
    assert.match(told[2]!, /^authorization: /i);
    assert.equal(tokens[2], undefined);
    for (const [i, aud] of ["orders", "users"].entries()) {
      const { payload } = await jwtVerify(tokens[i]!, Buffer.from(`internal: ${SECRET}`), {
        issuer: "gateway",
        audience: aud,
        typ: "internal+jwt",
        currentDate: new Date(stageOf.clock.wall()),
      });
      assert.deepEqual([payload.sub, payload["role"], payload["caller_kind"]], ["alice", "admin", "jwt"]);
    }
  });

  test("which the gateway does not take for a caller's, also where the keys are the same", async () => {
    const reveal = { fetch: (request: Request) => new Response(request.headers.get("x-internal-token")) };
    const gateway = createGateway({
      log: { level: "silent" },
      policies: { jwt: { ...jwt, audience: "orders" } },
      routes: [
        {
          path: "/",
          handler: reveal,
          policies: { internalToken: { ...internalToken, secret: SECRET, audience: "orders" } },
        },
      ],
    });
    const headers = { authorization: `Bearer ${await tokenOf({ aud: "orders" })}` };
    const response = await gateway.inject(new Request("http://a/", { headers }));
    const internal = await response.text();
    assert.equal(decodeJwt(internal).sub, "alice");
    const refused = await gateway.inject(
      new Request("http://a/", { headers: { authorization: `Bearer ${internal}` } }),
    );
    assert.equal(refused.status, 401);
    assert.equal(((await refused.json()) as { code: string }).code, "jwt.type");
    await gateway.close();
  });

  test("which a service verifies with nothing but the gateway's URL, and that names the tenant", async () => {
    const reveal = { fetch: (request: Request) => new Response(request.headers.get("x-internal-token")) };
    const gateway = createGateway({
      log: { level: "silent" },
      tenants: { acme: {} },
      signingKeys: {
        tokens: [{ privateKey: toPem(testPrivateKey("ES256")), algorithm: "ES256" }],
        internal: [{ privateKey: toPem(testPrivateKey("EdDSA")), algorithm: "EdDSA" }],
      },
      routes: [
        { path: "/keys", handler: { jwks: { signingKeys: "internal" } } },
        {
          path: "/",
          handler: reveal,
          policies: {
            jwt,
            tenant: { from: [{ claim: "org" }] },
            internalToken: { signingKeys: "internal", issuer: "gateway", audience: "orders" },
          },
        },
      ],
    });
    const headers = { authorization: `Bearer ${await tokenOf({ org: "acme" })}` };
    const token = await (await gateway.inject(new Request("http://a/", { headers }))).text();
    const keys = createRemoteJWKSet(new URL("http://a/keys"), {
      [customFetch]: (url, options) => gateway.inject(new Request(url, options)),
    });
    const { payload } = await jwtVerify(token, keys, {
      issuer: "gateway",
      audience: "orders",
      typ: "internal+jwt",
      algorithms: ["EdDSA"],
    });
    assert.deepEqual([payload.sub, payload["tenant"]], ["alice", "acme"]);
    await gateway.close();
  });
});
