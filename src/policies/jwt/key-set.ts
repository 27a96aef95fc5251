import { decodeStrictJson, isJsonObject } from "../../lib/strict-json.ts";
import type { Algorithm } from "./algorithms.ts";
import { readPublicJwk } from "./jwk.ts";
import { VerificationKey } from "./signature.ts";

/** Each key is tried when it is read; an issuer has a handful of them. */
const MOST_KEYS = 100;

/** Several keys fit: which one is meant, the token does not say. */
export const AMBIGUOUS_KEY = Symbol("ambiguous key");

/** A key of the set that is not used. */
export interface SkippedKey {
  readonly kid: string;
  readonly problem: string;
}

/** The usable keys of an issuer's set (RFC 7517, 5). */
export class KeySet {
  /** How many keys can be used. */
  readonly size: number;
  /** The same for two sets with the same keys, in whatever order. */
  readonly fingerprint: string;
  readonly skipped: readonly SkippedKey[];
  /** By algorithm and kid: a key is only ever looked up, never searched by what a token says. */
  readonly #byKid = new Map<Algorithm, Map<string, VerificationKey | typeof AMBIGUOUS_KEY>>();
  readonly #only = new Map<Algorithm, VerificationKey | typeof AMBIGUOUS_KEY>();

  constructor(members: readonly unknown[]) {
    const skipped: SkippedKey[] = [];
    const prints: string[] = [];
    for (const member of members) {
      const read = readPublicJwk(member);
      if ("problem" in read) {
        skipped.push({ kid: nameOf(member), problem: read.problem });
        continue;
      }
      const { kid, key, algorithms } = read;
      const print = JSON.stringify([kid, algorithms, key.export({ format: "jwk" })]);
      if (prints.includes(print)) continue;
      prints.push(print);
      for (const algorithm of algorithms) {
        const verification = new VerificationKey(algorithm, key);
        addTo(this.#only, algorithm, verification);
        if (kid === undefined) continue;
        let byKid = this.#byKid.get(algorithm);
        if (byKid === undefined) this.#byKid.set(algorithm, (byKid = new Map()));
        addTo(byKid, kid, verification);
      }
    }
    this.size = prints.length;
    this.fingerprint = prints.toSorted().join("\n");
    this.skipped = skipped;
  }

  /** Reads what an issuer sent; undefined when it is no key set. */
  static read(bytes: Uint8Array): KeySet | undefined {
    const document = decodeStrictJson(bytes);
    if (!isJsonObject(document)) return undefined;
    const { keys } = document;
    return Array.isArray(keys) && keys.length <= MOST_KEYS ? new KeySet(keys) : undefined;
  }

  /** The key that a token means; without a kid, the only one that fits the algorithm. Undefined when there is none. */
  find(algorithm: Algorithm, kid: string | undefined): VerificationKey | typeof AMBIGUOUS_KEY | undefined {
    return kid === undefined ? this.#only.get(algorithm) : this.#byKid.get(algorithm)?.get(kid);
  }
}

/** Where two keys stand under one name, neither is taken (RFC 7517, 4.5 asks for distinct ones). */
function addTo<K>(keys: Map<K, VerificationKey | typeof AMBIGUOUS_KEY>, name: K, key: VerificationKey): void {
  keys.set(name, keys.has(name) ? AMBIGUOUS_KEY : key);
}

function nameOf(member: unknown): string {
  const kid = isJsonObject(member) ? member["kid"] : undefined;
  return typeof kid === "string" ? kid.slice(0, 100) : "";
}
