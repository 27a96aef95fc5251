import { createHash, createHmac } from "node:crypto";
import type { SecretHash } from "./secret-hash.ts";

/**
 * The hashes that stand in for names that nobody has, so that these cost what others do: or the time of the answer would tell which
 * names exist. Hashes may differ in what they cost, so which one stands in must not be known of a name: else one that costs something
 * else is somebody's. It depends on the name and on all hashes, which nobody sees; so it is the same in every worker and
 * after a restart.
 */
export class StandIns {
  readonly #hashes: readonly SecretHash[];
  readonly #key: Uint8Array;

  constructor(hashes: Iterable<SecretHash>) {
    this.#hashes = [...hashes];
    const digest = createHash("sha256");
    for (const { salt, tag } of this.#hashes) digest.update(salt).update(tag);
    this.#key = digest.digest();
  }

  /** Undefined when there are no hashes. */
  for(name: string): SecretHash | undefined {
    const number = createHmac("sha256", this.#key).update(name).digest().readUIntBE(0, 6);
    return this.#hashes[number % this.#hashes.length];
  }
}
