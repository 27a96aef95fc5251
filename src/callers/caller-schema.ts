import { z } from "zod";
import { fieldName } from "../http/field-schema.ts";
import type { Caller } from "../core/caller.ts";
import type { NamedClaim } from "./claim-name.ts";
import { describeClaimType, findMistyped, type ClaimTypes } from "./claim-type.ts";
import { isFreeHeader } from "./identity-header.ts";
import { ConfigMistake } from "../lib/config-mistake.ts";
import { checkPlan, planName } from "./tenant-schema.ts";

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

/** A scope as OAuth has it (RFC 6749, 3.3): without blanks, so that a list of them has one reading. */
export const scopeName = z
  .string()
  .max(200)
  .regex(
    /^[\x21\x23-\x5b\x5d-\x7e]+$/,
    "expected a scope: printable ASCII without spaces, quotes and backslashes",
  );

const claim = z.union([
  z.string().max(1000),
  z.number(),
  z.boolean(),
  z.array(z.string().max(1000)).max(100),
]);

/** What a config says of a caller that it lists, beside its name and what proves that it is the one. */
export const listedCaller = {
  plan: planName.optional().describe("The plan that the caller is on, for limits."),
  scopes: z.array(scopeName).max(100).default([]).describe("What the caller may do."),
  claims: z
    .record(z.string().regex(/^[A-Za-z_][\w.:/-]{0,99}$/, "expected the name of a claim"), claim)
    .default({})
    .describe("Whatever else is to be known of the caller."),
};

type ListedCaller = z.output<z.ZodObject<typeof listedCaller>>;

/** The caller that an entry is about, to be shared by the requests of that caller; its claims have no prototype, as those of tokens. */
export function callerOf(
  kind: Caller["kind"],
  id: string,
  { plan, scopes, claims }: ListedCaller,
  more: Caller["claims"] = {},
): Caller {
  return Object.freeze({
    kind,
    id,
    claims: Object.freeze(Object.assign(Object.create(null) as Record<string, unknown>, claims, more)),
    scopes: Object.freeze([...scopes]),
    ...(plan === undefined ? {} : { plan }),
  });
}

/** What a config says of all callers. */
interface KnownOfCallers {
  readonly plans: readonly string[] | undefined;
  readonly claimTypes: ClaimTypes | undefined;
}

/** Holds a listed caller to the plans and to the types of claims of the config. Throws a `ConfigMistake`. */
export function checkListedCaller({ plan, claims }: ListedCaller, known: KnownOfCallers): void {
  checkPlan(plan, known.plans, ["plan"]);
  const types = known.claimTypes ?? {};
  const mistyped = findMistyped(claims, types);
  if (mistyped === undefined) return;
  throw new ConfigMistake(
    `the claim ${mistyped} is not ${describeClaimType(types[mistyped]!)}, which it is by its type`,
    ["claims", mistyped],
    "mend it, or its type at claims",
  );
}

/** The claims that the callers listed at `field` have. */
export function claimsOfListed(field: string, listed: readonly ListedCaller[]): readonly NamedClaim[] {
  return listed.flatMap(({ claims }, i) =>
    Object.keys(claims).map((name) => ({ name, path: [field, i, "claims", name], atKey: true })),
  );
}

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
      throw new ConfigMistake(
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
