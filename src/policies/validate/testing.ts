import assert from "node:assert/strict";
import type { z } from "zod";
import type { Exchange } from "../../core/exchange.ts";
import type { Policy } from "../../core/policy.ts";
import type { Reply } from "../../core/reply.ts";
import { simulatedHost } from "../../testing/simulated-host.ts";
import { validatePolicy } from "./policy.ts";
import { validateConfig } from "./schema.ts";
import type { Problem } from "./value-rule.ts";

export type Config = z.input<typeof validateConfig>;

export function createValidate(config: Config): Policy {
  return validatePolicy.create(validateConfig.parse(config), simulatedHost());
}

/** What a policy says at once of an exchange: the code of a refusal, with what is wrong; undefined when it may go on. */
export function verdict(policy: Policy, x: Exchange): string | undefined {
  const reply = policy.request!(x);
  assert.ok(!(reply instanceof Promise));
  return reply === undefined ? undefined : describe(reply);
}

export function describe(reply: Reply): string {
  const { kind, members } = reply.refusal!;
  assert.equal(reply.status, kind.status);
  const errors = (members?.["errors"] ?? []) as readonly Problem[];
  return [
    `${reply.status} ${kind.code}`,
    ...errors.map(
      ({ header, parameter, pointer, detail }) => `${header ?? parameter ?? pointer ?? "?"} ${detail}`,
    ),
  ].join(": ");
}
