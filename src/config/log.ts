import { z } from "zod";

/** What the gateway writes about itself and its requests. */
export const logSchema = z.strictObject({
  level: z
    .enum(["info", "warn", "error", "silent"])
    .default("info")
    .describe("The least severe line that is written; silent for none."),
  access: z.boolean().default(true).describe("Whether every request is logged when it is over."),
  format: z
    .enum(["auto", "json", "pretty"])
    .default("auto")
    .describe("JSON lines, or coloured text for a person; auto is pretty on a terminal and JSON elsewhere."),
  destination: z
    .string()
    .min(1)
    .default("stdout")
    .describe("Where lines go: stdout, stderr, or the path of a file that is appended to."),
});
