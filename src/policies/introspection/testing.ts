import type { z } from "zod";
import { withStandardClaims, type ClaimTypes } from "../../callers/claim-type.ts";
import type { Exchange } from "../../core/exchange.ts";
import { testAround } from "../../testing/around.ts";
import type { Authenticator } from "../../core/authenticator.ts";
import type { Reply } from "../../core/reply.ts";
import type { Outbound, OutboundRequest, OutboundResponse } from "../../host/host.ts";
import { OutboundError, type OutboundReason } from "../../host/outbound.ts";
import { testExchange } from "../../testing/exchange.ts";
import { identify } from "../../testing/steps.ts";
import { simulatedHost } from "../../simulation/simulated-host.ts";
import { introspectionPolicy } from "./policy.ts";
import { introspectionConfig } from "./schema.ts";

export const URL_OF_SERVER = "https://id.example.com/introspect";
export const SECRET = "a secret of the gateway's";
/** Simulated time begins here, in seconds. */
export const NOW = Date.UTC(2026, 0, 1) / 1000;

/** An authorization server on the other side of a simulated network. */
export class SimulatedServer implements Outbound {
  readonly requests: OutboundRequest[] = [];
  status = 200;
  /** What is said of every token: JSON text, bytes, or what is written as JSON. */
  body: unknown = { active: true, sub: "alice" };
  /** Why nobody is reached. */
  failure: OutboundReason | undefined = undefined;
  /** While it is true answers wait for `release`. */
  isSlow = false;
  #held: (() => void)[] = [];

  release(): void {
    this.isSlow = false;
    for (const answer of this.#held.splice(0)) answer();
  }

  async send(request: OutboundRequest): Promise<OutboundResponse> {
    this.requests.push(request);
    if (this.isSlow) await new Promise<void>((resolve) => this.#held.push(resolve));
    if (this.failure !== undefined) throw new OutboundError(this.failure, "no answer");
    const { status, body } = this;
    const bytes = body instanceof Uint8Array || typeof body === "string" ? body : JSON.stringify(body);
    return { status, headers: new Map(), body: Buffer.from(bytes as string) };
  }
}

export function createPolicy(
  config: Partial<z.input<typeof introspectionConfig>> = {},
  claimTypes?: ClaimTypes,
) {
  const server = new SimulatedServer();
  const host = simulatedHost({ outbound: server });
  const given = { url: URL_OF_SERVER, clientId: "gateway", clientSecret: SECRET, ...config };
  const policy = introspectionPolicy.create(
    introspectionConfig.parse(given),
    testAround({ host, claimTypes: withStandardClaims(claimTypes) }),
  );
  return { policy, server, host };
}

export interface Outcome {
  readonly x: Exchange;
  readonly reply: Reply | undefined;
  /** The code of the refusal; empty when the request passed. */
  readonly code: string;
  /** True when the hook answered without waiting. */
  readonly synchronous: boolean;
}

export async function request(
  policy: Authenticator,
  headers: Readonly<Record<string, string>>,
): Promise<Outcome> {
  return ask(policy, testExchange({ headers }));
}

export async function ask(policy: Authenticator, x: Exchange): Promise<Outcome> {
  const outcome = identify(policy, x);
  const synchronous = !(outcome instanceof Promise);
  const reply = (await outcome) ?? undefined;
  return { x, reply, code: reply?.refusal?.kind.code ?? "", synchronous };
}

export function bear(policy: Authenticator, token: string): Promise<Outcome> {
  return request(policy, { authorization: `Bearer ${token}` });
}
