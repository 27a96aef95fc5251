import { z } from "zod";
import { fieldName } from "../http/field-schema.ts";
import type { Caller } from "./caller.ts";
import { isFreeHeader } from "./identity-header.ts";
import { PolicyConfigError } from "./policy.ts";

/** What configs say of callers that they list, and how services are told who is calling. */

/**
 * A caller's name. Two names must never look the same to a service, for that would make two callers one: control characters
 * would end a field or be dropped, blanks at the ends are, and half a surrogate pair has no form in UTF-8.
 */
export const callerName = z
  .string()
  .min(1)
  .max(256)
  .refine((name) => !/\p{Cc}/u.test(name) && name.trim() === name && name.isWellFormed(), {
    error: "expected a text without control characters and without blanks at its ends",
  });

export const planName = z
  .string()
  .regex(/^[A-Za-z0-9_.-]{1,64}$/, "expected 1 to 64 letters, digits, dots, dashes or underscores");

/** A scope as OAuth has it (RFC 6749, 3.3): without blanks, so that a list has one reading, and without quotes, so that a challenge can name it. */
export const scopeName = z
  .string()
  .max(200)
  .regex(
    /^[\x21\x23-\x5b\x5d-\x7e]+$/,
    "expected a scope: printable ASCII without spaces, quotes and backslashes",
  );

export const scopeNames = z.array(scopeName).max(100);

/** The name of a field that is free for an identity or a credential; given in any case, used in lower case. */
export const freeHeader = fieldName.toLowerCase().refine(isFreeHeader, {
  error: "this header is not free: it belongs to the connection, the message or the gateway",
});

export const callerToHeaders = z
  .strictObject({
    id: freeHeader.optional().describe("The header that carries the caller's id."),
    plan: freeHeader.optional().describe("The header that carries the caller's plan, if it has one."),
    scopes: freeHeader
      .optional()
      .describe("The header that carries the caller's scopes, with spaces between."),
  })
  .prefault({})
  .describe(
    "What to tell the service of the caller, each with the request header that carries it. Clients cannot set these.",
  );

export type CallerToHeaders = z.output<typeof callerToHeaders>;

/** The headers in use, for the `identityHeaders` of a kind. */
export function identityHeadersOf(headers: CallerToHeaders): readonly string[] {
  return Object.values(headers).filter((name) => name !== undefined);
}

/** Two texts in one header would be a list that nobody has configured. */
export function refuseSharedHeaders(headers: CallerToHeaders): void {
  const seen = new Set<string>();
  for (const [what, name] of Object.entries(headers)) {
    if (name === undefined) continue;
    if (seen.has(name)) {
      throw new PolicyConfigError(
        `two things go to one header, ${name}`,
        ["callerToHeaders", what],
        "give each a header of its own",
      );
    }
    seen.add(name);
  }
}

/** The fields that tell a service of `caller`: flat name, value; one character a byte of UTF-8. */
export function callerFields(headers: CallerToHeaders, caller: Caller): readonly string[] {
  const fields: string[] = [];
  if (headers.id !== undefined) fields.push(headers.id, Buffer.from(caller.id, "utf8").toString("latin1"));
  if (headers.plan !== undefined && caller.plan !== undefined) fields.push(headers.plan, caller.plan);
  if (headers.scopes !== undefined && caller.scopes.length > 0)
    fields.push(headers.scopes, caller.scopes.join(" "));
  return fields;
}
