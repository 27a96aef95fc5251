import type { z } from "zod";
import { ANONYMOUS } from "../../core/authenticator.ts";
import type { Caller } from "../../core/caller.ts";
import type { Exchange } from "../../core/exchange.ts";
import { IdentityStep } from "../../core/identity-step.ts";
import type { Reply } from "../../core/reply.ts";
import { testExchange, type TestRequest } from "../../testing/exchange.ts";
import { simulatedHost } from "../../simulation/simulated-host.ts";
import { allowPolicy } from "./policy.ts";
import { allowConfig } from "./schema.ts";
import { testAround } from "../../testing/around.ts";

export type Config = z.input<typeof allowConfig>;

/** A caller as a token makes one, out of JSON, so that names such as `__proto__` are claims like any other. */
export function callerOf(claims: string | object = {}, more: Partial<Caller> = {}): Caller {
  const json = typeof claims === "string" ? claims : JSON.stringify(claims);
  return { kind: "jwt", id: "alice", claims: JSON.parse(json) as Caller["claims"], scopes: [], ...more };
}

export interface Asked extends TestRequest {
  readonly params?: Readonly<Record<string, string>>;
  readonly tenant?: string | undefined;
  /** How the route says that it takes credentials, which are optional. */
  readonly challenges?: readonly string[];
}

export function exchangeOf(caller: Caller | undefined, asked: Asked = {}): Exchange {
  const { params = {}, tenant, challenges = ['Bearer realm="here"'], ...request } = asked;
  const x = testExchange(request);
  const identity = new IdentityStep([{ challenges, bears: () => false, identify: () => ANONYMOUS }]);
  x.route = { ...x.route, identity };
  x.caller = caller;
  if (tenant !== undefined)
    x.tenant = { name: tenant, plan: undefined, suspended: false, features: new Set(), headers: [] };
  x.params = Object.assign(Object.create(null) as Record<string, string>, params);
  return x;
}

export function createAllow(config: Config) {
  const host = simulatedHost();
  const policy = allowPolicy.create(allowConfig.parse(config), testAround({ host }));
  return { policy, clock: host.clock };
}

/** Nothing when the request passes, else the refusal. A rule without a function never waits. */
export function decide(config: Config, caller: Caller | undefined, asked: Asked = {}): Reply | undefined {
  const reply = createAllow(config).policy.request!(exchangeOf(caller, asked));
  if (reply instanceof Promise) throw new Error("the policy waits");
  return reply ?? undefined;
}

export function codeOf(reply: Reply | undefined): string {
  return reply?.refusal?.kind.code ?? "";
}

export function fieldOf(reply: Reply | undefined, name: string): string | undefined {
  const { headers = [] } = reply ?? {};
  const at = headers.indexOf(name);
  return at === -1 ? undefined : headers[at + 1];
}
