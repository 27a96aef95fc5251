import { z } from "zod";
import type { ClaimScalar } from "./claim-type.ts";

/** Says in the types of a config's input where claims are named, so that `defineConfig` knows it. There is no such member. */
export declare const CLAIM: unique symbol;

/** The name of a claim: any text, until claims have types. */
export type ClaimName = string & { readonly [CLAIM]?: "name" };

/** Something for each of the claims that are named. */
export type ClaimRecord<V> = { [name: string]: V } & { readonly [CLAIM]?: "names" };

/** What each of the claims that are named is compared with. */
export type ClaimTests<V> = { [name: string]: V } & { readonly [CLAIM]?: "tests" };

const text = z.string().min(1).max(1000);

/** The name of a claim, in whatever config. */
export const claimName: z.ZodType<string, ClaimName> = text;

/** Something for each of the claims that a config names. */
export function claimRecord<V extends z.ZodType>(value: V) {
  return z.record(text, value) as z.ZodType<Record<string, z.output<V>>, ClaimRecord<z.input<V>>>;
}

/** The same for what claims are compared with. */
export function claimTests<V extends z.ZodType>(value: V) {
  return z.record(text, value) as z.ZodType<Record<string, z.output<V>>, ClaimTests<z.input<V>>>;
}

/** What a claim may be to be of use: more than one where its type leaves that open. */
export type ClaimForm = "string" | "number" | "boolean" | "list" | "object";

/** A claim that the config of a policy names. */
export interface NamedClaim {
  readonly name: string;
  /** Where, below the policy's config. */
  readonly path: readonly (string | number)[];
  /** True where the name is a key of the object that stands there. */
  readonly atKey?: boolean;
  /** What it may be to be of use there; unset: whatever it is. */
  readonly takes?: readonly ClaimForm[];
  /** What it is compared with: the claim itself, what stands in it where it is a list, or either. */
  readonly compared?: {
    readonly what: "itself" | "items" | "either";
    readonly values: readonly ClaimScalar[];
  };
}
