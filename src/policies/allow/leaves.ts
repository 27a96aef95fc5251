import type { Caller } from "../../core/caller.ts";
import type { Exchange } from "../../core/exchange.ts";
import { isJsonObject } from "../../lib/strict-json.ts";
import { Leaf, NO, UNKNOWN, YES, type Verdict } from "./condition.ts";
import { isClaimTest, type ClaimValue, type Expected } from "./schema.ts";

/** Where a value stands in the claims: a claim, and members below it. A name is one name, whatever dots it has. */
export interface ClaimPlace {
  readonly name: string;
  readonly at: readonly string[];
}

/** Only what a claim has itself: claims of some callers have a prototype, and `constructor` is a member of that. */
function readClaim(claims: Readonly<Record<string, unknown>>, { name, at }: ClaimPlace): unknown {
  let value = Object.hasOwn(claims, name) ? claims[name] : undefined;
  for (let i = 0; i < at.length; i++) {
    const member = at[i]!;
    if (!isJsonObject(value) || !Object.hasOwn(value, member)) return undefined;
    value = value[member];
  }
  return value;
}

/** The caller has one of the roles: each place holds one as text, or a list of them. */
export class HasRole extends Leaf {
  readonly #roles: readonly string[];
  readonly #places: readonly ClaimPlace[];

  constructor(roles: readonly string[], places: readonly ClaimPlace[]) {
    super(`role is ${listed(roles.map(quoted))}`);
    this.#roles = roles;
    this.#places = places;
  }

  test(caller: Caller | undefined): Verdict {
    if (caller === undefined) return UNKNOWN;
    const places = this.#places;
    for (let i = 0; i < places.length; i++) {
      if (this.#isIn(readClaim(caller.claims, places[i]!))) return YES;
    }
    return NO;
  }

  #isIn(held: unknown): boolean {
    const roles = this.#roles;
    for (let i = 0; i < roles.length; i++) {
      if (held === roles[i] || (Array.isArray(held) && held.includes(roles[i]))) return true;
    }
    return false;
  }
}

/** The caller has all of the scopes. */
export class HasScopes extends Leaf {
  readonly #scopes: readonly string[];

  constructor(scopes: readonly string[]) {
    super(scopeWords(scopes));
    this.#scopes = scopes;
  }

  test(caller: Caller | undefined): Verdict {
    if (caller === undefined) return UNKNOWN;
    const scopes = this.#scopes;
    for (let i = 0; i < scopes.length; i++) if (!caller.scopes.includes(scopes[i]!)) return NO;
    return YES;
  }

  override unmet(caller: Caller | undefined): string {
    return caller === undefined ? this.words : scopeWords(this.missingScopes(caller));
  }

  override missingScopes(caller: Caller): readonly string[] {
    return this.#scopes.filter((scope) => !caller.scopes.includes(scope));
  }
}

/** A claim, or what stands inside it, is what the test says. */
export class HasClaim extends Leaf {
  readonly #place: ClaimPlace;
  readonly #value: ValueTest;

  constructor(name: string, value: ClaimValue) {
    const { at = [], is, contains, param } = isClaimTest(value) ? value : { is: value };
    super(claimWords({ name, at }, is, contains, param));
    this.#place = { name, at };
    if (contains !== undefined) this.#value = new Contains(valueTest(contains));
    else this.#value = valueTest(is ?? { param: param! });
  }

  test(caller: Caller | undefined, x: Exchange): Verdict {
    if (caller === undefined) return UNKNOWN;
    return this.#value.fits(readClaim(caller.claims, this.#place), x) ? YES : NO;
  }
}

/** The caller's id is one of those, or that of the path. */
export class HasId extends Leaf {
  readonly #value: ValueTest;

  constructor(expected: Expected) {
    super(
      isParam(expected) ? `caller is {${expected.param}} of the path` : "caller is one that is accepted here",
    );
    this.#value = valueTest(expected);
  }

  test(caller: Caller | undefined, x: Exchange): Verdict {
    if (caller === undefined) return UNKNOWN;
    return this.#value.fits(caller.id, x) ? YES : NO;
  }
}

/**
 * The request is for one of those tenants, or for that of the path. Where nobody is known it may be that a credential would name
 * one; a caller whose request is for none is for no tenant.
 */
export class IsTenant extends Leaf {
  readonly #value: ValueTest;

  constructor(expected: readonly string[] | { readonly param: string }) {
    super(
      "param" in expected
        ? `tenant is {${expected.param}} of the path`
        : "tenant is one that is accepted here",
    );
    this.#value = "param" in expected ? new EqualsParam(expected.param) : new OneOf(expected);
  }

  test(caller: Caller | undefined, x: Exchange): Verdict {
    if (x.tenant === undefined) return caller === undefined ? UNKNOWN : NO;
    return this.#value.fits(x.tenant.name, x) ? YES : NO;
  }
}

/** The caller was established in one of these ways. */
export class IsKind extends Leaf {
  readonly #kinds: readonly Caller["kind"][];

  constructor(kinds: readonly Caller["kind"][]) {
    super(`caller is known by ${listed(kinds)}`);
    this.#kinds = kinds;
  }

  test(caller: Caller | undefined): Verdict {
    if (caller === undefined) return UNKNOWN;
    return this.#kinds.includes(caller.kind) ? YES : NO;
  }
}

/** The request's method is one of these. */
export class IsMethod extends Leaf {
  readonly #methods: readonly string[];

  constructor(methods: readonly string[]) {
    super(`method is ${listed(methods)}`);
    // As in routes: HEAD is GET without the body (RFC 9110, 9.3.2).
    this.#methods = methods.includes("GET") ? [...methods, "HEAD"] : methods;
  }

  test(_caller: Caller | undefined, x: Exchange): Verdict {
    return this.#methods.includes(x.request.method) ? YES : NO;
  }
}

/** Compares one value, of which nothing is known, without changing its type. */
interface ValueTest {
  fits(value: unknown, x: Exchange): boolean;
}

class Equals implements ValueTest {
  readonly #expected: string | number | boolean;

  constructor(expected: string | number | boolean) {
    this.#expected = expected;
  }

  fits(value: unknown): boolean {
    return value === this.#expected;
  }
}

class OneOf implements ValueTest {
  readonly #expected: ReadonlySet<unknown>;

  constructor(expected: readonly unknown[]) {
    this.#expected = new Set(expected);
  }

  fits(value: unknown): boolean {
    return this.#expected.has(value);
  }
}

class EqualsParam implements ValueTest {
  readonly #name: string;

  constructor(name: string) {
    this.#name = name;
  }

  fits(value: unknown, x: Exchange): boolean {
    // A claim that is not there does not equal a parameter that is not there.
    return typeof value === "string" && value === x.params[this.#name];
  }
}

class Contains implements ValueTest {
  readonly #item: ValueTest;

  constructor(item: ValueTest) {
    this.#item = item;
  }

  fits(value: unknown, x: Exchange): boolean {
    if (!Array.isArray(value)) return false;
    const items: readonly unknown[] = value;
    for (let i = 0; i < items.length; i++) if (this.#item.fits(items[i], x)) return true;
    return false;
  }
}

function valueTest(expected: Expected): ValueTest {
  if (Array.isArray(expected)) return new OneOf(expected);
  return isParam(expected) ? new EqualsParam(expected.param) : new Equals(expected);
}

export function isParam(expected: Expected): expected is { param: string } {
  return typeof expected === "object" && !Array.isArray(expected);
}

function claimWords(
  { name, at }: ClaimPlace,
  is: Expected | undefined,
  contains: Expected | undefined,
  param: string | undefined,
): string {
  const place = `claim ${[name, ...at].map(quoted).join(" > ")}`;
  const compared = contains ?? is ?? { param: param! };
  const meant = isParam(compared) ? `{${compared.param}} of the path` : "what is accepted here";
  return `${place} ${contains === undefined ? "is" : "contains"} ${meant}`;
}

function scopeWords(scopes: readonly string[]): string {
  return `scopes include ${scopes.map(quoted).join(" and ")}`;
}

function listed(words: readonly string[]): string {
  return words.length === 1 ? words[0]! : `one of ${words.join(", ")}`;
}

function quoted(text: string): string {
  return JSON.stringify(text);
}
