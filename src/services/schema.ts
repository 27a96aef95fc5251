import { z } from "zod";
import { redact } from "../lib/redact.ts";
import { duration, size } from "../lib/schema.ts";
import { balanceSchema } from "./balance/schema.ts";
import { circuitBreakerSchema } from "./breaker/schema.ts";

const target = z.string().transform((text, context) => {
  const problem = targetProblem(text);
  if (problem === undefined) return readTarget(text);
  context.addIssue({ code: "custom", message: problem.message, params: { hint: problem.hint } });
  return z.NEVER;
});

/** One address of a service. */
export interface TargetAddress {
  readonly host: string;
  readonly port: number;
  /** What the Host field of requests to it says. */
  readonly authority: string;
}

/** A service: what stands under `services` in the config. */
export const serviceSchema = z.strictObject({
  targets: z.array(target).min(1).describe("Addresses of the service, as http://host:port."),
  balance: balanceSchema,
  title: z
    .string()
    .min(1)
    .max(100)
    .optional()
    .describe(
      'What errors call the service, as in "User service unavailable"; made from its name by default.',
    ),
  circuitBreaker: circuitBreakerSchema.describe(
    "When to stop sending to a service that fails; false for never.",
  ),
  timeouts: z
    .strictObject({
      connect: duration().prefault("2s").describe("Until a connection is open."),
      response: duration()
        .prefault("30s")
        .describe("From the last byte of the request to the head of the response."),
      idle: duration()
        .prefault("60s")
        .describe("Between two reads of a response's body, and two writes of a request's."),
    })
    .prefault({})
    .describe("Bounds on every wait for the service."),
  pool: z
    .strictObject({
      maxConnections: z
        .int()
        .min(1)
        .max(65_535)
        .default(512)
        .describe("Open connections a target, in use or not."),
      maxQueued: z
        .int()
        .min(0)
        .max(1_000_000)
        .default(1024)
        .describe("Requests that may wait for a connection of a target; one more is refused (503)."),
      queueTimeout: duration().prefault("5s").describe("How long a request may wait for a connection."),
      idleTimeout: duration().prefault("30s").describe("How long an unused connection is kept open."),
    })
    .prefault({})
    .describe("Connections kept to each target; the newest is used first."),
  maxHead: size().prefault("32kb").describe("The largest head of a response."),
});

export type ServiceConfig = z.output<typeof serviceSchema>;

function targetProblem(text: string): { message: string; hint: string } | undefined {
  const hint = "write it as http://host:port, such as http://127.0.0.1:9001";
  if (/^https:/i.test(text))
    return { message: `${JSON.stringify(redact(text))}: TLS to services is not supported`, hint };
  // The parser of URLs drops line breaks without a word, and what is meant by other letters is not seen.
  if (!/^[\x21-\x7e]*$/.test(text))
    return { message: "expected printable ASCII characters without blanks", hint };
  if (!URL.canParse(text)) return { message: `${JSON.stringify(redact(text))} is not a URL`, hint };
  const url = new URL(text);
  if (url.protocol !== "http:")
    return { message: `${JSON.stringify(redact(text))} is not an http URL`, hint };
  if (url.username !== "" || url.password !== "") return { message: "a target holds no credentials", hint };
  if (url.pathname !== "/" || url.search !== "" || url.hash !== "") {
    return {
      message: `${JSON.stringify(redact(text))} has a path`,
      hint: `${hint}; paths are changed by a route's rewrite`,
    };
  }
  return undefined;
}

function readTarget(text: string): TargetAddress {
  const url = new URL(text);
  return {
    host: url.hostname.replace(/^\[|\]$/g, ""),
    port: url.port === "" ? 80 : Number(url.port),
    authority: url.host,
  };
}
