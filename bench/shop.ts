import { createHmac } from "node:crypto";

/**
 * The one request that every peer serves, and what the service answers to it. All peers get the same bytes:
 * a token and an Origin, so that each policy of the shop has something to decide. No Accept-Encoding: HAProxy 2.6
 * would compress even a body this small, which no peer here should be made to pay for.
 */
export const shopPath = "/api/v1/users/1";
/** Answered by the service with the identity headers it was sent. */
export const identityPath = "/api/v1/users/identity";
/** Answered by the streaming service with {@link exportBytes} bytes. */
export const exportPath = "/api/v1/products/export";
export const exportBytes = 256 * 1024 * 1024;
/** Answered by the streaming service with a byte at a time. */
export const tricklePath = "/api/v1/products/trickle";

export const shopSecret = "bench-secret-of-more-than-thirty-two-bytes";
/** Far above what any peer reaches in a minute: every request is counted and none is refused. */
export const shopLimit = 1_000_000_000;
export const shopOrigin = "https://shop.example";

export const shopBody = JSON.stringify({
  id: "1",
  name: "Alice Example",
  email: "alice@example.com",
  role: "admin",
  address: { street: "Long Road 17", city: "Springfield", country: "NZ" },
  created: "2026-01-31T09:30:00.000Z",
  orders: 42,
});

export function makeToken(expiresInSeconds: number, secret = shopSecret): string {
  const nowSeconds = Math.floor(Date.now() / 1000);
  const signed = `${encode({ alg: "HS256", typ: "JWT" })}.${encode({
    sub: "1",
    role: "admin",
    iat: nowSeconds,
    exp: nowSeconds + expiresInSeconds,
  })}`;
  return `${signed}.${createHmac("sha256", secret).update(signed).digest("base64url")}`;
}

function encode(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString("base64url");
}

/** The headers of a shop request, for one whole run. */
export function shopHeaders(): Record<string, string> {
  return { authorization: `Bearer ${makeToken(4 * 3600)}`, origin: shopOrigin, accept: "application/json" };
}
