import Negotiator from "negotiator";
import type { Coding } from "./schema.ts";

/** What a client accepts, judged against what is offered. */
export interface Accepted {
  /** The coding to use; undefined for none. */
  readonly coding: Coding | undefined;
  /** The client does not take a body as it is (`identity;q=0`). */
  readonly identityRefused: boolean;
}

/** Browsers send a handful of different fields; the rest is somebody's imagination. */
const CACHED_FIELDS = 256;
const FIELD_LENGTH = 256;

const nothing: Accepted = { coding: undefined, identityRefused: false };

/**
 * Chooses among `offered`, in order of preference, by Accept-Encoding (RFC 9110, 12.5.3). A field longer than any honest
 * one is taken as if it were not there.
 */
export class EncodingNegotiation {
  readonly #offered: readonly Coding[];
  readonly #results = new Map<string, Accepted>();

  constructor(offered: readonly Coding[]) {
    this.#offered = offered;
  }

  choose(field: string): Accepted {
    const known = this.#results.get(field);
    if (known !== undefined) return known;
    if (field.length > FIELD_LENGTH) return nothing;
    // Whoever sends made-up fields only evicts: the real ones are back after one request each.
    if (this.#results.size >= CACHED_FIELDS) this.#results.clear();
    const result = this.#negotiate(field);
    this.#results.set(field, result);
    return result;
  }

  #negotiate(field: string): Accepted {
    const available = [...this.#offered, "identity"];
    const negotiator: PreferringNegotiator = new Negotiator({ headers: { "accept-encoding": field } });
    const accepted = negotiator.encodings(available, { preferred: available });
    const best = accepted[0];
    return {
      coding: this.#offered.find((coding) => coding === best),
      identityRefused: !accepted.includes("identity"),
    };
  }
}

/** The types of the package do not know of its second argument, the order among equals. */
interface PreferringNegotiator {
  encodings(available: readonly string[], options: { preferred: readonly string[] }): string[];
}
