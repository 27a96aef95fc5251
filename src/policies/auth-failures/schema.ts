import { z } from "zod";
import { duration } from "../../lib/schema.ts";

export const authFailuresConfig = z.strictObject({
  limit: z
    .int()
    .min(1)
    .max(1_000_000)
    .default(100)
    .describe("How often credentials from one address may be refused in each window."),
  window: duration({ max: 86_400_000 })
    .prefault("1m")
    .describe("The time in which `limit` failures are forgiven, evenly, up to 1d."),
  maxKeys: z
    .int()
    .min(1)
    .max(10_000_000)
    .default(100_000)
    .describe(
      "Addresses with failures that are remembered at the same time; memory for them, 50 bytes each, is set aside at the start.",
    ),
});
