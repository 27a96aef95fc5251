import { z } from "zod";
import { fileField } from "../../lib/file-field.ts";
import { addressRanges } from "../../lib/schema.ts";

const file = fileField(z.string().min(1).max(4096));
const FORM =
  "one address or network a line, # begins a comment; read anew when it changes; relative to the working directory.";

export const ipConfig = z
  .strictObject({
    allow: z
      .array(addressRanges())
      .min(1)
      .transform((entries) => entries.flat())
      .optional()
      .describe(
        "The only clients that may pass: addresses, networks such as 10.0.0.0/8, loopback, or private (RFC 1918, fc00::/7).",
      ),
    deny: z
      .array(addressRanges())
      .transform((entries) => entries.flat())
      .optional()
      .describe("Who may not pass, whatever `allow` says: entries as there."),
    allowFile: file.optional().describe(`A file with further entries of \`allow\`: ${FORM}`),
    denyFile: file.optional().describe(`A file with further entries of \`deny\`: ${FORM}`),
  })
  .superRefine((config, context) => {
    // A policy that lets everybody pass would look like one that protects.
    if (Object.values(config).some((value) => value !== undefined)) return;
    context.addIssue({
      code: "custom",
      message: "no address is named, so every client would pass",
      params: { hint: "add allow, deny, allowFile or denyFile" },
    });
  });
