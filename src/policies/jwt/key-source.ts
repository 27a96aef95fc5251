import type { Algorithm } from "./algorithms.ts";
import type { VerificationKeys } from "./key.ts";
import type { Fault } from "./refusals.ts";
import type { VerificationKey } from "./signature.ts";

/** Where the keys come from that an issuer's tokens are verified with. */
export interface KeySource {
  /** Another number once the keys are others: what was verified before is no longer known to be good. */
  readonly generation: number;
  /**
   * The key for a token, or why there is none. A promise when it may be known later: then ask again. With `mayWait` false
   * there is an answer at once.
   */
  find(algorithm: Algorithm, kid: unknown, mayWait: boolean): VerificationKey | Fault | Promise<void>;
}

/** The key of the config. A token's `kid` has no say in it. */
export class ConfiguredKeys implements KeySource {
  readonly generation = 0;
  readonly #keys: VerificationKeys;

  /** A key for every algorithm that is accepted. */
  constructor(keys: VerificationKeys) {
    this.#keys = keys;
  }

  find(algorithm: Algorithm): VerificationKey {
    return this.#keys.get(algorithm)!;
  }
}
