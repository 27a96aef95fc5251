import assert from "node:assert/strict";
import type { z } from "zod";
import type { Exchange } from "../../core/exchange.ts";
import type { Policy } from "../../core/policy.ts";
import type { Reply } from "../../core/reply.ts";
import { UNKNOWN_LENGTH } from "../../http/head.ts";
import { bodyOf, testExchange } from "../../testing/exchange.ts";
import { validatePolicy } from "./policy.ts";
import { validateConfig } from "./schema.ts";
import type { Problem } from "./value-rule.ts";
import { testAround } from "../../testing/around.ts";

export type Config = z.input<typeof validateConfig>;

export function createValidate(config: Config): Policy {
  return validatePolicy.create(validateConfig.parse(config), testAround());
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

export const JSON_TYPE = { "content-type": "application/json" };

/** An exchange whose client sends `body` in two pieces once it is asked for it. */
export function exchangeOf(
  body: string | Uint8Array,
  headers: Record<string, string> = JSON_TYPE,
  chunked = false,
): Exchange {
  const bytes = Buffer.from(body);
  const x = testExchange({ method: "POST", headers, bodyLength: chunked ? UNKNOWN_LENGTH : bytes.length });
  Object.assign(x.route.limits, { bodyBytes: 4 * 1024 * 1024 });
  bodyOf(x).wanted = (sink) => {
    const middle = bytes.length >> 1;
    if (!sink.body(bytes, 0, middle) || !sink.body(bytes, middle, bytes.length)) return;
    sink.bodyEnd(undefined);
  };
  return x;
}

/** What the policy says of an exchange in the end; undefined when the request goes on. */
export async function ask(config: Config, x: Exchange): Promise<string | undefined> {
  const reply = await createValidate(config).request!(x);
  return reply === undefined ? undefined : describe(reply);
}

/** What it says of a body of at most four megabytes. */
export async function check(
  schema: Record<string, unknown>,
  body: string | Uint8Array,
): Promise<string | undefined> {
  return ask({ body: { schema, maxSize: "4mb" } }, exchangeOf(body));
}
