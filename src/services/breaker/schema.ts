import { z } from "zod";
import { duration } from "../../lib/schema.ts";

const options = z
  .strictObject({
    consecutiveFailures: z
      .int()
      .min(1)
      .max(1_000_000)
      .default(5)
      .describe("Failures in a row after which the circuit opens."),
    openFor: duration()
      .prefault("30s")
      .describe("How long an open circuit refuses requests; up to 10 % longer after a failed probe."),
    halfOpenProbes: z
      .int()
      .min(1)
      .max(1000)
      .default(1)
      .describe("Requests let through after that; the circuit closes when all of them succeed."),
    failureStatus: z
      .array(z.int().min(400).max(599))
      .min(1)
      .default([500, 502, 503, 504])
      .describe(
        "Status codes of the service that are failures, beside connections that fail and waits that time out.",
      ),
    probeTimeout: duration()
      .prefault("60s")
      .describe("After this long without an outcome, a probe's place is given to another request."),
  })
  .transform(({ openFor, probeTimeout, ...rest }) => ({
    ...rest,
    openForMs: openFor,
    probeTimeoutMs: probeTimeout,
  }));

/** What stands under a service's `circuitBreaker`: options, or `false` for no breaker. */
export const circuitBreakerSchema = z.union([z.literal(false), options]).prefault({});

/** The options of one breaker, defaults filled in, durations in milliseconds. */
export type BreakerConfig = z.output<typeof options>;
