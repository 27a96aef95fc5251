import { z } from "zod";
import { duration, size } from "../lib/schema.ts";

/** Bounds on what clients may send; whatever is past one is refused. */
export const limitsSchema = z.strictObject({
  target: size({ min: 64, max: 64 * 1024 })
    .prefault("8kb")
    .describe("The longest request target (path and query); longer is 414."),
  head: size({ min: 512, max: 1024 ** 2 })
    .prefault("32kb")
    .describe("The largest request head, all header fields together; larger is 431."),
  headerCount: z.int().min(1).max(1000).default(100).describe("The most header fields; more is 431."),
  body: size({ min: 0 })
    .prefault("10mb")
    .describe("The largest request body; larger is 413. A route can set its own."),
  maxConnections: z
    .int()
    .min(1)
    .max(1_000_000)
    .default(10_000)
    .describe("The most open connections of clients; one more is closed at once."),
  maxConnectionsPerAddress: z
    .int()
    .min(1)
    .max(1_000_000)
    .default(1000)
    .describe(
      "The most of one client: an IPv4 address, or the /64 of an IPv6 one. Trusted proxies are not counted.",
    ),
  maxHeads: z
    .int()
    .min(1)
    .max(1_000_000)
    .default(1000)
    .describe("The most request heads in progress; with one more, the oldest of them is 503."),
  held: size({ min: 1024 ** 2 })
    .prefault("256mb")
    .describe(
      "The most memory for messages that are not complete, or that are not taken; past it, what has waited longest is 503, or cut short where its response has begun.",
    ),
});

/** Bounds on every wait for a client. */
export const clientTimeoutsSchema = z.strictObject({
  head: duration()
    .prefault("10s")
    .describe("From a request's first byte to the end of its head; later is 408."),
  body: duration().prefault("30s").describe("Between two reads of a request's body; later is 408."),
  idle: duration().prefault("75s").describe("How long a connection is kept open for the next request."),
  write: duration()
    .prefault("30s")
    .describe("How long a client may take nothing of a response that is ready."),
});

/** Bounds that one route can set for itself. */
export const routeLimitsSchema = z.strictObject({
  body: size({ min: 0 }).optional().describe("The largest request body of this route; larger is 413."),
});
