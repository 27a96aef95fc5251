import { createHmac } from "node:crypto";
import type { Exchange } from "../../core/exchange.ts";
import type { Authenticator } from "../../core/authenticator.ts";
import type { Reply } from "../../core/reply.ts";
import { testExchange } from "../../testing/exchange.ts";
import { identify } from "../../testing/steps.ts";
import { simulatedHost } from "../../simulation/simulated-host.ts";
import { jwtPolicy } from "./policy.ts";
import { jwtConfig } from "./schema.ts";
import type { z } from "zod";
import { testAround } from "../../testing/around.ts";

export const SECRET = "a secret that is long enough for every HMAC algorithm there is: 64+";

/** Simulated time begins here, in seconds. */
export const NOW = Date.UTC(2026, 0, 1) / 1000;

export const HEADER = { alg: "HS256", typ: "JWT" };
export const CLAIMS = { sub: "1", role: "admin", iat: NOW, exp: NOW + 3600 };

export function encode(part: string | object): string {
  return Buffer.from(typeof part === "string" ? part : JSON.stringify(part)).toString("base64url");
}

/** Signs whatever it is given, however wrong that is: `header` and `claims` as JSON text or as objects. */
export function sign(
  claims: string | object = CLAIMS,
  header: string | object = HEADER,
  secret = SECRET,
): string {
  const input = `${encode(header)}.${encode(claims)}`;
  return `${input}.${createHmac("sha256", secret).update(input).digest("base64url")}`;
}

export function createPolicy(config: Partial<z.input<typeof jwtConfig>> = {}) {
  const host = simulatedHost();
  const policy = jwtPolicy.create(
    jwtConfig.parse({ secret: SECRET, algorithms: ["HS256"], ...config }),
    testAround({ host }),
  );
  return { policy, clock: host.clock };
}

export interface Outcome {
  readonly x: Exchange;
  /** Nothing: the request passed. */
  readonly reply: Reply | undefined;
  /** The code of the refusal; empty when the request passed. */
  readonly code: string;
  /** True when the hook answered without waiting. */
  readonly synchronous: boolean;
}

/** Runs the request hook for a request with these headers. */
export async function request(
  policy: Authenticator,
  headers: Readonly<Record<string, string>>,
): Promise<Outcome> {
  const x = testExchange({ headers });
  const outcome = identify(policy, x);
  const synchronous = !(outcome instanceof Promise);
  const reply = (await outcome) ?? undefined;
  return { x, reply, code: reply?.refusal?.kind.code ?? "", synchronous };
}

/** Runs the request hook for a request that bears `token`. */
export function bear(policy: Authenticator, token: string): Promise<Outcome> {
  return request(policy, { authorization: `Bearer ${token}` });
}
