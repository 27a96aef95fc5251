import { z } from "zod";
import { fieldName, fieldValue } from "../../http/field-schema.ts";
import { isEndToEnd } from "../../http/header-names.ts";

// Two opinions on a message's length are how responses are split.
const replyField = fieldName.refine(
  (name) => isEndToEnd(name.toLowerCase()),
  "the gateway writes this field itself",
);

export const respondConfig = z
  .strictObject({
    status: z.int().min(200).max(599).default(200).describe("The status code."),
    headers: z
      .record(replyField, fieldValue)
      .default({})
      .describe("Response headers; content-type is set by the kind of body unless it is given here."),
    body: z.string().optional().describe("The body as text (UTF-8, text/plain)."),
    json: z.json().optional().describe("The body as a value that is sent as JSON."),
  })
  .superRefine((config, context) => {
    if (config.body !== undefined && config.json !== undefined) {
      context.addIssue({ code: "custom", path: ["json"], message: "give either body or json" });
    }
    const bodiless = config.status === 204 || config.status === 205 || config.status === 304;
    if (bodiless && (config.body !== undefined || config.json !== undefined)) {
      context.addIssue({ code: "custom", path: ["status"], message: `${config.status} has no body` });
    }
    const seen = new Set<string>();
    for (const name of Object.keys(config.headers)) {
      const lower = name.toLowerCase();
      if (seen.has(lower)) {
        context.addIssue({ code: "custom", path: ["headers", name], message: "the same header twice" });
      }
      seen.add(lower);
    }
  });
