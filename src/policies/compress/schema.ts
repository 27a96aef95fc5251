import { z } from "zod";
import { size } from "../../lib/schema.ts";

/** Content codings that can be made, in the order in which they are preferred when a client takes several equally. */
export const CODINGS = ["zstd", "br", "gzip"] as const;

export type Coding = (typeof CODINGS)[number];

export const compressConfig = z.strictObject({
  encodings: z
    .array(z.enum(CODINGS))
    .min(1)
    .refine((names) => new Set(names).size === names.length, "each encoding once")
    .default([...CODINGS])
    .describe(
      "Encodings to offer; the first of those that a client likes best is used (zstd costs the least CPU).",
    ),
  minSize: size({ max: 1024 ** 3 })
    .prefault("1kb")
    .describe("Bodies known to be shorter are left alone: they would gain nothing."),
});
