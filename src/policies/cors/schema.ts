import { z } from "zod";
import { fieldName } from "../../http/field-schema.ts";
import { duration } from "../../lib/schema.ts";

// TRACE, TRACK and CONNECT are forbidden to scripts (Fetch, "forbidden method"): listing them could only mislead.
const method = z
  .string()
  .regex(/^[A-Z]+$/, "expected a method in capitals, such as GET")
  .refine((name) => !/^(?:TRACE|TRACK|CONNECT)$/.test(name), "no browser lets a script use this method");

const origin = z.string().superRefine((text, context) => {
  const problem = originProblem(text);
  if (problem !== undefined) context.addIssue({ code: "custom", message: problem });
});

/** Why `text` is no origin that a browser could send or a pattern of such; undefined when it is one. */
function originProblem(text: string): string | undefined {
  if (text === "*") return undefined;
  if (text === "null") {
    return 'the origin "null" stands for every sandboxed page and every local file: it cannot be trusted';
  }
  const match = /^([a-z][a-z0-9+.-]*):\/\/(\*\.)?([a-z0-9.-]+|\[[0-9a-f:]+\])(:\d+)?$/.exec(text);
  if (match === null) {
    return 'expected "*", an origin such as "https://app.example.com", or "https://*.example.com", in lower case and without a path';
  }
  if (match[1] !== "http" && match[1] !== "https") return undefined;
  // A browser leaves out default ports and writes addresses in one way: anything else would never match.
  const example = match[2] === undefined ? text : text.replace("*.", "any.");
  if (!URL.canParse(example)) return `${text} is no valid origin`;
  const sent = new URL(example).origin;
  return sent === example ? undefined : `browsers write this origin as ${sent.replace("//any.", "//*.")}`;
}

export const corsConfig = z
  .strictObject({
    origins: z
      .array(origin)
      .min(1)
      .default(["*"])
      .describe(
        'Who may read answers: exact origins, "https://*.example.com" for all subdomains at any depth (not the domain itself), or "*" for everyone.',
      ),
    methods: z
      .array(method)
      .min(1)
      .default(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"])
      .describe("Methods that a preflight allows."),
    headers: z
      .array(fieldName)
      .default(["*"])
      .describe(
        'Request headers that a preflight allows; "*" allows whichever the browser asks for, Authorization included.',
      ),
    exposedHeaders: z
      .array(fieldName)
      .default([
        "x-ratelimit-limit",
        "x-ratelimit-remaining",
        "x-ratelimit-reset",
        "ratelimit",
        "ratelimit-policy",
        "retry-after",
        "x-request-id",
      ])
      .describe("Response headers that scripts may read beside those that are always readable."),
    credentials: z
      .boolean()
      .default(false)
      .describe("Whether browsers may send cookies and other ambient credentials; needs listed origins."),
    maxAge: duration({ min: 0, max: 86_400_000 })
      .prefault("10m")
      .describe("How long a browser may remember a preflight; browsers cap it themselves."),
  })
  .superRefine((config, context) => {
    if (!config.credentials) return;
    // Every page on the web could act with the user's cookies: browsers refuse it, and echoing the origin would defeat them.
    if (config.origins.includes("*")) {
      context.addIssue({
        code: "custom",
        path: ["origins"],
        message: 'credentials: true needs a list of origins: "*" is not allowed with it',
      });
    }
    if (config.exposedHeaders.includes("*")) {
      context.addIssue({
        code: "custom",
        path: ["exposedHeaders"],
        message: 'with credentials: true browsers read "*" as the name of a header: list the names',
      });
    }
  });
