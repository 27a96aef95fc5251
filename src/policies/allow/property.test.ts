/** A compiled rule does what the words of the README say, over rules, callers and requests of any kind. */
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import type { Caller } from "../../core/caller.ts";
import type { RuleInput } from "./schema.ts";
import { callerOf, codeOf, decide } from "./testing.ts";

interface Request {
  readonly method: string;
  readonly tenant: string | undefined;
  readonly params: Readonly<Record<string, string>>;
}

type Truth = boolean | undefined;

/** The README as a program, with no thought of speed: undefined is what depends on a caller that is not there. */
function naive(rule: RuleInput, caller: Caller | undefined, request: Request): Truth {
  const truths: Truth[] = [];
  const ofCaller = (holds: (caller: Caller) => boolean): void =>
    void truths.push(caller === undefined ? undefined : holds(caller));
  const { role, scopes, claim, id, kind, tenant, method, all, any, not } = rule;
  if (role !== undefined)
    ofCaller(({ claims }) =>
      [claims["role"], claims["roles"]].flat().some((held) => list(role).includes(held as string)),
    );
  if (scopes !== undefined)
    ofCaller((caller) => list(scopes).every((scope) => caller.scopes.includes(scope)));
  if (id !== undefined) ofCaller((caller) => same(caller.id, id, request));
  if (kind !== undefined) ofCaller((caller) => list(kind).includes(caller.kind));
  if (tenant !== undefined) {
    const isNone = request.tenant === undefined;
    truths.push(isNone && caller === undefined ? undefined : same(request.tenant, tenant, request));
  }
  if (claim !== undefined) {
    for (const [name, test] of Object.entries(claim))
      ofCaller(({ claims }) => claimFits(claims[name], test, request));
  }
  if (method !== undefined) {
    const asked = request.method === "HEAD" ? ["HEAD", "GET"] : [request.method];
    truths.push(list(method).some((one) => asked.includes(one)));
  }
  truths.push(...(all ?? []).map((part) => naive(part, caller, request)));
  if (any !== undefined) {
    const parts = any.map((part) => naive(part, caller, request));
    truths.push(parts.includes(true) ? true : parts.includes(undefined) ? undefined : false);
  }
  if (not !== undefined) {
    const part = naive(not, caller, request);
    truths.push(part === undefined ? undefined : !part);
  }
  return truths.includes(false) ? false : truths.includes(undefined) ? undefined : true;
}

type Test = NonNullable<RuleInput["claim"]>[string];

function claimFits(claim: unknown, test: Test, request: Request): boolean {
  if (typeof test !== "object" || Array.isArray(test)) return same(claim, test, request);
  let value = claim;
  for (const member of test.at ?? []) {
    const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
    value = isObject ? (value as Record<string, unknown>)[member] : undefined;
  }
  if (test.contains === undefined) return same(value, test.is ?? { param: test.param! }, request);
  return Array.isArray(value) && value.some((item) => same(item, test.contains!, request));
}

function same(value: unknown, expected: unknown, request: Request): boolean {
  if (Array.isArray(expected)) return expected.some((one) => one === value);
  if (typeof expected !== "object" || expected === null) return value === expected;
  return typeof value === "string" && value === request.params[(expected as { param: string }).param];
}

function list<T>(given: T | T[]): T[] {
  return Array.isArray(given) ? given : [given];
}

const word = fc.constantFrom("a", "b", "c", "1", "true");
const scalar = fc.oneof(word, fc.constantFrom(0, 1), fc.boolean());
const name = fc.constantFrom("role", "roles", "sub", "a", "a.b");
const param = fc.record({ param: fc.constantFrom("id", "team") });
const expected = fc.oneof(scalar, fc.array(scalar, { minLength: 1, maxLength: 3 }), param);
const at = fc.option(fc.array(fc.constantFrom("a", "b"), { minLength: 1, maxLength: 2 }), { nil: undefined });
const claimTest = fc.oneof(
  scalar,
  fc.array(scalar, { minLength: 1, maxLength: 3 }),
  param,
  fc.record({ at, is: expected }),
  fc.record({ at, contains: expected }),
);
const oneOrMore = <T>(item: fc.Arbitrary<T>): fc.Arbitrary<T | T[]> =>
  fc.oneof(item, fc.array(item, { minLength: 1, maxLength: 3 }));
const METHODS = ["GET", "HEAD", "POST"] as const;

const { rule } = fc.letrec<{ rule: RuleInput }>((tie) => {
  const rules = fc.array(tie("rule"), { minLength: 1, maxLength: 3 });
  const leaf: fc.Arbitrary<RuleInput> = fc.oneof(
    fc.record({ role: oneOrMore(word) }),
    fc.record({ scopes: oneOrMore(word) }),
    fc.record({ claim: fc.dictionary(name, claimTest, { minKeys: 1, maxKeys: 2 }) }),
    fc.record({ id: fc.oneof(oneOrMore(word), param) }),
    fc.record({ kind: oneOrMore(fc.constantFrom("jwt" as const, "apiKey" as const)) }),
    fc.record({ method: oneOrMore(fc.constantFrom(...METHODS)) }),
    fc.record({ tenant: fc.oneof(oneOrMore(word), param) }),
  );
  const composite: fc.Arbitrary<RuleInput> = fc.oneof(
    fc.record({ all: rules }),
    fc.record({ any: rules }),
    fc.record({ not: tie("rule") }),
  );
  const several = fc.tuple(leaf, leaf, tie("rule")).map((parts) => Object.assign({}, ...parts));
  return { rule: fc.oneof({ maxDepth: 4, withCrossShrink: true }, leaf, composite, several) };
});

const claimValue = fc.oneof(
  scalar,
  fc.constant(null),
  fc.array(fc.oneof(scalar, fc.constant(null), fc.array(scalar, { maxLength: 1 })), { maxLength: 3 }),
  fc.dictionary(
    fc.constantFrom("a", "b"),
    fc.oneof(scalar, fc.array(scalar, { maxLength: 2 }), fc.record({ a: scalar })),
  ),
);
const caller: fc.Arbitrary<Caller> = fc
  .record({
    claims: fc.dictionary(name, claimValue),
    id: word,
    kind: fc.constantFrom("jwt" as const, "apiKey" as const),
    scopes: fc.uniqueArray(word, { maxLength: 3 }),
  })
  .map(({ claims, ...rest }) => callerOf(claims, rest));
const request: fc.Arbitrary<Request> = fc.record({
  method: fc.constantFrom(...METHODS, "PURGE"),
  tenant: fc.option(word, { nil: undefined }),
  params: fc.dictionary(fc.constantFrom("id", "team"), word),
});

test("a rule passes, is forbidden or asks for a caller as the naive reading of it says", () => {
  const outcomes = { passed: 0, unknown: 0, forbidden: 0, scopes: 0 };
  fc.assert(
    fc.property(rule, fc.option(caller, { nil: undefined }), request, (rule, caller, request) => {
      const truth = naive(rule, caller, request);
      const reply = decide(rule, caller, request);
      const code = codeOf(reply);
      if (truth === true) {
        outcomes.passed++;
        return assert.equal(code, "");
      }
      if (truth === undefined) {
        outcomes.unknown++;
        return assert.equal(code, "allow.unauthenticated");
      }
      if (code === "allow.insufficient_scope") {
        outcomes.scopes++;
        // The scopes that it names are missing, and enough.
        const missing = reply!.refusal!.members!["missing_scopes"] as string[];
        assert.ok(missing.length > 0 && missing.every((scope) => !caller!.scopes.includes(scope)));
        const granted = { ...caller!, scopes: [...caller!.scopes, ...missing] };
        return assert.equal(naive(rule, granted, request), true);
      }
      outcomes.forbidden++;
      assert.equal(code, "allow.forbidden");
      assert.match(reply!.refusal!.detail!, /^The rule of this route does not hold: [(a-z]+ .+\.$/);
    }),
    { numRuns: 5000 },
  );
  for (const [outcome, count] of Object.entries(outcomes)) assert.ok(count > 50, `${outcome}: ${count}`);
});
