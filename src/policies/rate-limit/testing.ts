/** Rate limits asked as the gateway asks them, for tests. */
import assert from "node:assert/strict";
import type { z } from "zod";
import type { Caller } from "../../core/caller.ts";
import type { Exchange } from "../../core/exchange.ts";
import type { StagedPolicy } from "../../core/policy.ts";
import type { Reply } from "../../core/reply.ts";
import { testExchange, testResponse, type TestRequest } from "../../testing/exchange.ts";
import { simulatedHost } from "../../simulation/simulated-host.ts";
import { rateLimitPolicy } from "./policy.ts";
import { rateLimitConfig } from "./schema.ts";
import { testAround } from "../../testing/around.ts";

export type Input = z.input<typeof rateLimitConfig>;

export function setUp(config: Input) {
  const host = simulatedHost();
  return { host, policy: rateLimitPolicy.create(rateLimitConfig.parse(config), testAround({ host })) };
}

export function caller(id: string, more: Partial<Caller> = {}): Caller {
  return { kind: "jwt", id, claims: {}, scopes: [], ...more };
}

/** A limit of two in a minute. */
export function by(key: Extract<Input, { limit: unknown }>["key"], more: object = {}): Input {
  return { limit: 2, window: "1m", key, ...more };
}

/** Asks the policy as the pipeline does: who is calling is known between its two halves. */
export function ask(
  policy: StagedPolicy,
  who?: Caller,
  request: TestRequest = {},
): { x: Exchange; reply?: Reply } {
  const x = testExchange(request);
  const { entrance, behind } = policy;
  for (const half of behind === undefined ? [entrance] : [entrance, behind]) {
    const reply = half.request!(x);
    assert.ok(!(reply instanceof Promise));
    if (reply !== undefined) return { x, reply };
    if (who !== undefined) x.caller = who;
  }
  return { x };
}

/** Ends an exchange with a response, and returns that one's fields. */
export function end(
  policy: StagedPolicy,
  x: Exchange,
  headers: Record<string, string> = {},
): Record<string, string> {
  testResponse(x, 200, headers);
  const { behind } = policy;
  void behind?.response?.(x);
  void policy.entrance.response!(x);
  behind?.done?.(x);
  policy.entrance.done?.(x);
  return Object.fromEntries(x.response!.headers);
}

/** How many of so many requests pass. */
export function admitted(
  policy: StagedPolicy,
  times: number,
  who?: Caller,
  request: TestRequest = {},
): number {
  let count = 0;
  for (let i = 0; i < times; i++) if (ask(policy, who, request).reply === undefined) count++;
  return count;
}

/** The fields of a refusal. */
export function fieldsOf(reply: Reply | undefined): Record<string, string> {
  const fields = reply?.headers ?? [];
  return Object.fromEntries(fields.flatMap((name, i) => (i % 2 === 0 ? [[name, fields[i + 1]!]] : [])));
}

export function needsOf(config: Input): unknown {
  return rateLimitPolicy.facts!(rateLimitConfig.parse(config), testAround()).needs;
}

export function code(reply: Reply | undefined): string | undefined {
  return reply?.refusal?.kind.code;
}
