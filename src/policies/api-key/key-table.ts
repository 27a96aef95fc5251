import { randomBytes, timingSafeEqual, type KeyObject } from "node:crypto";
import { callerFields, type CallerToHeaders } from "../../core/caller-schema.ts";
import type { Caller } from "../../core/caller.ts";
import { digestKey, readHash } from "./key-format.ts";
import type { KeyEntry } from "./schema.ts";

/** What is known of a key, ready to be used by every request that bears it. */
export interface KnownKey {
  readonly digest: Uint8Array;
  readonly caller: Caller;
  /** Header fields for the service: flat name, value. */
  readonly headers: readonly string[];
  /** Wall clock, milliseconds: the first moment at which it no longer passes. */
  readonly validUntilMs: number;
  readonly disabled: boolean;
}

/** Keys by their public ids. */
export type KeyTable = ReadonlyMap<string, KnownKey>;

/** Stands in for the digest of a key that there is not; nothing that is sent has it. */
const NO_DIGEST = randomBytes(32);

/**
 * The key that `key`, whose public id is `id`, is, or undefined. What takes its time is done in the same way for every id, and
 * where a secret differs from the right one does not show in it, so that answers do not tell which ids exist.
 *
 * Measured (Node.js 26.10, medians of 41 rounds in turn, on a busy machine): a request costs 8.0 microseconds with a known key, 7.6
 * with an unknown id and 7.6 with a wrong secret, of which the HMAC takes 5.3 and the shape with its checksum 0.8; what has not the
 * shape of a key costs 0.1. A cache of verdicts would be keyed by a hash of the key, and that alone takes 2.6.
 */
export function findKey(table: KeyTable, pepper: KeyObject, key: string, id: string): KnownKey | undefined {
  const known = table.get(id);
  return timingSafeEqual(digestKey(pepper, key), known?.digest ?? NO_DIGEST) ? known : undefined;
}

export function knownKey(entry: KeyEntry, headers: CallerToHeaders): KnownKey {
  const { owner, scopes, plan } = entry;
  const caller: Caller = Object.freeze({
    kind: "apiKey",
    id: owner,
    claims: frozenClaims(entry),
    scopes: Object.freeze([...scopes]),
    ...(plan === undefined ? {} : { plan }),
  });
  return {
    digest: readHash(entry.hash),
    caller,
    headers: callerFields(headers, caller),
    validUntilMs: entry.expires ?? Infinity,
    disabled: entry.disabled,
  };
}

/** Without a prototype, as claims of tokens are; `keyId` says which of its owner's keys it is. */
function frozenClaims({ id, claims }: KeyEntry): Caller["claims"] {
  return Object.freeze(Object.assign(Object.create(null) as Record<string, unknown>, claims, { keyId: id }));
}
