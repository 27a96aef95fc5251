import { z } from "zod";
import { isReplyField } from "../reply-fields.ts";

const headerName = z
  .string()
  .regex(/^[a-z0-9!#$%&'*+.^`|~-]+$/i, "expected a header name")
  .refine((name) => isReplyField(name.toLowerCase()), "the gateway writes this field itself");

// A line break would begin a field, or a response, that nobody configured (response splitting).
const headerValue = z
  .string()
  .regex(/^(?:[\x21-\x7e\x80-\xff](?:[\t\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?)?$/, {
    error: "expected a text without line breaks, other control characters and blanks at its ends",
  });

export const respondConfig = z
  .strictObject({
    status: z.int().min(200).max(599).default(200).describe("The status code."),
    headers: z
      .record(headerName, headerValue)
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
