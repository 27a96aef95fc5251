import { z } from "zod";
import { scopeName } from "../../callers/caller-schema.ts";
import type { Caller } from "../../core/caller.ts";
import { claimName, claimTests } from "../../callers/claim-name.ts";
import type { ClaimsOf, ClaimTypes, UntypedClaims } from "../../callers/claim-type.ts";
import { TENANT_NAME } from "../../callers/tenant-schema.ts";
import { duration } from "../../lib/schema.ts";
import type { AllowRequest } from "./request.ts";

/**
 * Decides whether a caller may pass: `true` or `false`, or a promise of one. Whatever else it returns is an error, and so is a
 * throw: the request is answered with 500, and the cause logged.
 */
export type AllowFunction<Types extends ClaimTypes = UntypedClaims> = (
  caller: Caller<ClaimsOf<Types>>,
  request: AllowRequest,
) => boolean | Promise<boolean>;

const KINDS = ["jwt", "apiKey", "basic", "introspection"] as const satisfies readonly Caller["kind"][];

/** CONNECT and TRACE are refused everywhere. A method that is not listed can still have a route of its own. */
const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "QUERY"] as const;

function oneOrMore<T extends z.ZodType>(item: T) {
  return z
    .union([item, z.array(item).min(1)])
    .transform((given) => (Array.isArray(given) ? given : [given]) as z.output<T>[]);
}

/** An enum, whose words also stand where a list could. */
function oneOf<const V extends string>(values: readonly V[]) {
  const known: readonly string[] = values;
  return z
    .string()
    .refine((given) => known.includes(given), `expected one of ${values.join(", ")}`)
    .meta({ enum: [...values] }) as unknown as z.ZodType<V, V>;
}

const text = z.string().min(1).max(1000);
const tenantName = z.string().regex(TENANT_NAME, "expected the name of a tenant");

const scalar = z.union([
  z.string().max(1000),
  // Beyond that, several numbers of a token are read as one: a caller could be taken for its neighbour.
  z.number().min(Number.MIN_SAFE_INTEGER).max(Number.MAX_SAFE_INTEGER),
  z.boolean(),
]);

const paramName = z
  .string()
  .regex(/^[A-Za-z][A-Za-z0-9_-]{0,63}$/, "expected the name of a {param} of the path, without braces");

const param = z.strictObject({
  param: paramName.describe("The name of a {param} of the route's path, whose value is meant."),
});

const expected = z.union([scalar, z.array(scalar).min(1), param]);

const memberPath = z
  .array(text)
  .min(1)
  .max(16)
  .describe("Names of members, one below the other, for what stands inside the claim.");

const claimTest = z
  .strictObject({
    at: memberPath.optional(),
    is: expected.optional().describe("What the value is: exactly this, or one of a list."),
    contains: expected.optional().describe("What one of the values is; for a claim that is a list."),
    param: paramName.optional().describe("Short for is: { param }."),
  })
  .superRefine(({ is, contains, param }, context) => {
    const given = [is, contains, param].filter((test) => test !== undefined).length;
    if (given === 1) return;
    context.addIssue({
      code: "custom",
      message: `a claim has exactly one test, and here are ${given === 0 ? "none" : given}`,
      params: { hint: "give one of: is, contains, param" },
    });
  });

const claims = claimTests(z.union([scalar, z.array(scalar).min(1), claimTest])).refine(
  (claims) => Object.keys(claims).length > 0,
  "expected at least one claim",
);

const conditions = z.strictObject({
  role: oneOrMore(text).optional().describe("The caller has this role, or one of these."),
  scopes: oneOrMore(scopeName).optional().describe("The caller has this scope, or all of these."),
  claim: claims
    .optional()
    .describe("Claims of the caller, each with the value that it has, a list of them, or a test."),
  id: z
    .union([text, z.array(text).min(1), param])
    .optional()
    .describe("The caller's id: this one, one of these, or { param } of the path."),
  tenant: z
    .union([oneOrMore(tenantName), param])
    .optional()
    .describe("The tenant of the request: this one, one of these, or { param } of the path."),
  kind: oneOrMore(oneOf(KINDS)).optional().describe("How the caller was established: one of these."),
  method: oneOrMore(oneOf(METHODS))
    .optional()
    .describe("The request's method is this one, or one of these; GET stands for HEAD, too."),
});

/** A rule as it is written: all that stands in it must hold. */
export interface RuleInput extends z.input<typeof conditions> {
  all?: RuleInput[] | undefined;
  any?: RuleInput[] | undefined;
  not?: RuleInput | undefined;
}

export interface Rule extends z.output<typeof conditions> {
  all?: Rule[] | undefined;
  any?: Rule[] | undefined;
  not?: Rule | undefined;
}

export type ClaimValue = NonNullable<Rule["claim"]>[string];

/** Whether it is a test, and not a value or a list of values. */
export function isClaimTest(value: ClaimValue): value is z.output<typeof claimTest> {
  return typeof value === "object" && !Array.isArray(value);
}

export type Expected = z.output<typeof expected>;

/** Made for each place where they stand: what two shared would be a definition without a name in the JSON Schema. */
function ruleFields() {
  return conditions.extend({
    get all(): z.ZodOptional<z.ZodType<Rule[], RuleInput[]>> {
      return z.array(rule).min(1).optional().describe("Rules that all hold.");
    },
    get any(): z.ZodOptional<z.ZodType<Rule[], RuleInput[]>> {
      return z.array(rule).min(1).optional().describe("Rules of which one holds.");
    },
    get not(): z.ZodOptional<z.ZodType<Rule, RuleInput>> {
      return rule.optional().describe("A rule that does not hold.");
    },
  });
}

const rule: z.ZodType<Rule, RuleInput> = ruleFields()
  .superRefine((given, context) => reportEmpty(given, context))
  .meta({ id: "allow.rule", minProperties: 1 });

/** What asks for nothing would hold for every request, and its `not` for none. */
function reportEmpty(given: object, context: z.RefinementCtx): void {
  const isEmpty = Object.values(given).every((condition) => condition === undefined);
  // A condition that is misspelled was told of already.
  if (!isEmpty || context.issues.length > 0) return;
  context.addIssue({
    code: "custom",
    message: "a rule has at least one condition",
    params: { hint: "such as role, scopes, claim, method, all, any or not" },
  });
}

const allowFunction = z.custom<AllowFunction>((given) => typeof given === "function", {
  error: "expected a function (caller, request) => boolean (only a config in TypeScript can have one)",
  params: { wrongType: true },
});

const check = z.strictObject({
  function: allowFunction.describe("The function (caller, request) => boolean."),
  timeout: duration({ min: 1, max: 60_000 })
    .prefault("5s")
    .describe("How long its promise may take before the request is refused, up to 60s."),
});

const allowOptions = ruleFields()
  .extend({
    check: z
      .union([allowFunction.transform((given) => check.parse({ function: given })), check])
      .optional()
      .describe(
        "A function (caller, request) => boolean that is asked when all else holds; only in a config in TypeScript.",
      ),
    roleClaim: z
      .union([
        claimName,
        z.strictObject({
          name: claimName.describe("The name of the claim."),
          at: memberPath,
        }),
      ])
      .optional()
      .describe(
        "The claim that holds the caller's roles, a text or a list of texts; role and roles by default.",
      ),
    inherit: z
      .boolean()
      .default(true)
      .describe("Whether the rules of the groups around it hold, too; false leaves them behind."),
  })
  .superRefine(({ inherit: _inherit, roleClaim: _roleClaim, ...rest }, context) =>
    reportEmpty(rest, context),
  );

export const allowConfig = z
  .union([allowFunction.transform((given) => allowOptions.parse({ check: given })), allowOptions])
  .describe("A rule, or a function (caller, request) => boolean; that only in a config in TypeScript.");

export type AllowConfig = z.output<typeof allowConfig>;
