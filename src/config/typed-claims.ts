import type { z } from "zod";
import type { CLAIM } from "../callers/claim-name.ts";
import type { ClaimsOf, ClaimScalar, ClaimTypes } from "../callers/claim-type.ts";
import type { FetchFunction } from "../handlers/fetch/schema.ts";
import type { AllowFunction } from "../policies/allow/schema.ts";

/**
 * A part of a config as it is written where claims have types: only their names stand where a claim is named, they are compared
 * with values that they can have, and functions get them with their types. Where no claim has a type it is as it was.
 */
export type Typed<T, Types extends ClaimTypes> = string extends keyof Types
  ? T
  : Part<T, ClaimsOf<Types>, Types>;

/** A value that may be any JSON, and so names no claim, is not looked into: its type contains itself without end. */
type Part<T, Claims, Types extends ClaimTypes> = [z.core.util.JSONType] extends [T]
  ? T
  : Named<T, Claims, Types>;

type Named<T, Claims, Types extends ClaimTypes> = T extends AllowFunction
  ? AllowFunction<Types>
  : T extends FetchFunction
    ? FetchFunction<Types>
    : typeof CLAIM extends keyof T
      ? Marked<T, T[typeof CLAIM], Claims>
      : T extends object
        ? { [K in keyof T]: Part<T[K], Claims, Types> }
        : T;

type Marked<T, Mark, Claims> = "name" extends Mark
  ? keyof Claims
  : T extends { [name: string]: infer V }
    ? { [N in keyof Claims]?: "tests" extends Mark ? Test<V, NonNullable<Claims[N]>> : V }
    : never;

/** What a claim of type `V` may be compared with, of all that there is to compare with. */
type Test<T, V> = T extends ClaimScalar
  ? Comparable<T, V>
  : T extends readonly (infer Item)[]
    ? Comparable<Item, V>[]
    : T;

/** Of what is not looked at, anything. */
type Comparable<T, V> = unknown extends V ? T : T & V;
