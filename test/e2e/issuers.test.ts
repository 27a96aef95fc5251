/** Tokens of an issuer on a real socket, through a whole gateway. */
import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { SignJWT } from "jose";
import { ConfigError } from "../../src/config/issue.ts";
import { parseConfig } from "../../src/config/parse.ts";
import { SimulatedIssuers } from "../../src/policies/jwt/simulated-issuer/testing.ts";
import { simulatedHost } from "../../src/simulation/simulated-host.ts";
import { createGateway } from "../../src/gateway/create-gateway.ts";
import { Gateway } from "../../src/gateway/gateway.ts";

const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });

test("discovery, keys, and a service that hears who is calling and not by which token", async (t) => {
  let isAway = true;
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url!);
    if (isAway) {
      response.writeHead(503).end();
      return;
    }
    const isMetadata = request.url === "/.well-known/openid-configuration";
    const keys = [{ ...publicKey.export({ format: "jwk" }), kid: "1", use: "sig", alg: "RS256" }];
    response.end(JSON.stringify(isMetadata ? { issuer, jwks_uri: `${issuer}/keys` } : { keys }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => server.close().closeAllConnections());
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const gateway = createGateway(
    parseConfig({
      log: { level: "silent" },
      drain: "1s",
      policies: {
        jwt: {
          issuers: [{ issuer, cooldown: "1s" }],
          from: { query: "access_token", cookie: "session" },
          claimsToHeaders: { sub: "x-user-id" },
        },
      },
      routes: [{ path: "/*", handler: { fetch: echo } }],
    }),
  );
  t.after(() => gateway.close());
  const token = await new SignJWT({})
    .setProtectedHeader({ alg: "RS256", kid: "1" })
    .setSubject("ann")
    .setIssuer(issuer)
    .setExpirationTime("1h")
    .sign(privateKey);

  const bearer = { authorization: `Bearer ${token}` };
  const refused = await gateway.inject(new Request("http://a/", { headers: bearer }));
  assert.equal(refused.status, 503);
  assert.match(refused.headers.get("retry-after") ?? "", /^[12]$/);
  assert.equal(((await refused.json()) as { code: string }).code, "jwt.keys_unavailable");
  isAway = false;

  // Until the second attempt has its keys.
  const deadline = performance.now() + 10_000;
  while ((await gateway.inject(new Request("http://a/", { headers: bearer }))).status !== 200)
    assert.ok(performance.now() < deadline, "the keys come");
  assert.deepEqual(asked.slice(-2), ["/.well-known/openid-configuration", "/keys"]);

  for (const request of [
    new Request("http://a/x?a=1", { headers: bearer }),
    new Request(`http://a/x?access_token=${token}&a=1`),
    new Request("http://a/x?a=1", { headers: { cookie: `session=${token}` } }),
  ]) {
    const response = await gateway.inject(request);
    const { url, headers } = (await response.json()) as Echo;
    assert.equal(url, "http://a/x?a=1");
    assert.equal(headers["x-user-id"], "ann");
    assert.ok(!JSON.stringify(headers).includes(token));
  }
});

interface Echo {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** What a service would see. */
function echo(request: Request): Response {
  const seen: Echo = { url: request.url, headers: Object.fromEntries(request.headers) };
  return Response.json(seen);
}

test("a config that is refused leaves no fetch behind", async () => {
  const issuers = new SimulatedIssuers();
  const host = simulatedHost({ outbound: issuers });
  const config = parseConfig({
    policies: { jwt: { issuers: [{ issuer: "us", jwks: "https://keys.example.com/" }] } },
    routes: [
      { path: "/*", handler: "respond", policies: { jwt: { secret: "short", algorithms: ["HS256"] } } },
    ],
  });
  const timers = host.clock.timers;
  assert.throws(() => new Gateway(config, host), ConfigError);
  for (let i = 0; i < 20; i++) await Promise.resolve();
  host.clock.advance(3_600_000);
  assert.equal(issuers.requests.length, 1);
  assert.equal(host.clock.timers, timers);
});
