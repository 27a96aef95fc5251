import type { z } from "zod";
import type { Exchange } from "../../core/exchange.ts";
import type { Authenticator } from "../../core/authenticator.ts";
import { hashSecret } from "../../lib/secret-hash.ts";
import { testExchange } from "../../testing/exchange.ts";
import { identify } from "../../testing/steps.ts";
import { simulatedHost } from "../../simulation/simulated-host.ts";
import { basicPolicy } from "./policy.ts";
import { basicConfig } from "./schema.ts";
import { testAround } from "../../testing/around.ts";

export const aliceHash = await hashSecret("correct horse");
const awkwardHash = await hashSecret("p:ss wörd\u{1f511}");
export const users = [
  {
    name: "alice",
    passwordHash: aliceHash,
    plan: "pro",
    scopes: ["read", "write"],
    claims: { tenant: "acme" },
  },
  { name: "Zoë", passwordHash: awkwardHash },
];

export function createPolicy(config: Partial<z.input<typeof basicConfig>> = {}, host = simulatedHost()) {
  const policy = basicPolicy.create(basicConfig.parse({ users, ...config }), testAround({ host }));
  return { policy, host, clock: host.clock };
}

export function basic(name: string, password: string): string {
  return `Basic ${Buffer.from(`${name}:${password}`).toString("base64")}`;
}

export const right = basic("alice", "correct horse");

export interface Outcome {
  readonly x: Exchange;
  readonly code: string;
  readonly status: number;
  readonly headers: readonly string[];
  /** True when the hook answered without waiting. */
  readonly synchronous: boolean;
}

export async function askFor(policy: Authenticator, x: Exchange): Promise<Outcome> {
  const outcome = identify(policy, x);
  const synchronous = !(outcome instanceof Promise);
  const reply = await outcome;
  return {
    x,
    code: reply?.refusal?.kind.code ?? "",
    status: reply?.status ?? 0,
    headers: reply?.headers ?? [],
    synchronous,
  };
}

export function ask(policy: Authenticator, authorization?: string): Promise<Outcome> {
  return askFor(policy, testExchange({ headers: authorization === undefined ? {} : { authorization } }));
}
