import assert from "node:assert/strict";
import type { z } from "zod";
import type { Policy } from "../../core/policy.ts";
import type { Host } from "../../host/host.ts";
import { testExchange } from "../../testing/exchange.ts";
import { simulatedHost } from "../../simulation/simulated-host.ts";
import { ipPolicy } from "./policy.ts";
import { ipConfig } from "./schema.ts";
import { testAround } from "../../testing/around.ts";

export type Config = z.input<typeof ipConfig>;

export function createIp(config: Config, host: Host = simulatedHost()): Policy {
  return ipPolicy.create(ipConfig.parse(config), testAround({ host }));
}

/** Whether a request from `address` passes; what refuses it is always the same. */
export function passes(policy: Policy, address: string, headers = {}): boolean {
  const reply = policy.request!(testExchange({ address, headers }));
  assert.ok(!(reply instanceof Promise));
  if (reply === undefined) return true;
  assert.equal(reply.status, 403);
  assert.equal(reply.refusal?.kind.code, "ip.denied");
  assert.equal(reply.refusal.detail, undefined);
  assert.equal(reply.refusal.members, undefined);
  return false;
}
