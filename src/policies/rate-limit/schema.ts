import { z } from "zod";
import { duration } from "../../lib/schema.ts";

export const rateLimitConfig = z.strictObject({
  limit: z.int().min(1).max(1_000_000_000).describe("Requests that are admitted in each window."),
  window: duration().describe("The time in which `limit` requests are given back, evenly, as in 1m."),
  burst: z
    .int()
    .min(1)
    .max(1_000_000_000)
    .optional()
    .describe(
      "Requests that are admitted at once by a client that was quiet before; as many as `limit` by default.",
    ),
  algorithm: z
    .literal("token-bucket")
    .default("token-bucket")
    .describe("Token bucket: a bucket of `burst` tokens that refills evenly; each request takes one."),
  key: z
    .literal("ip")
    .default("ip")
    .describe("What has a bucket of its own: the client's address, of IPv6 its /64 network."),
  name: z
    .string()
    .regex(/^[A-Za-z0-9_.-]{1,64}$/, "expected 1 to 64 letters, digits, dots, dashes or underscores")
    .default("default")
    .describe("What the RateLimit header fields and problem bodies call this limit."),
  maxKeys: z
    .int()
    .min(1)
    .max(10_000_000)
    .default(100_000)
    .describe(
      "Clients that are remembered at the same time; memory for them, 50 bytes each, is set aside at the start.",
    ),
  onFull: z
    .enum(["deny", "allow"])
    .default("deny")
    .describe(
      "What happens to a new client while the table is full of others that have not refilled: 503, or no limit.",
    ),
});
