import type { Exchange } from "../../core/exchange.ts";
import { BoundedQueue } from "../../lib/bounded-queue.ts";
import { verifySecret, type SecretHash } from "../../lib/secret-hash.ts";
import type { State } from "../../state/state.ts";

/**
 * Argon2 is heavy by intent: 20 MB and more, and a thread of the pool (of four) in which tokens are verified and bodies
 * compressed, too. Two at a time leave the others their share.
 */
const VERIFIED_AT_ONCE = 2;
const MAY_WAIT = 64;

/** Undefined: it was not looked at, because every request that waited for it has left. */
export type Verdict = boolean | undefined;

interface Verification {
  readonly hash: SecretHash;
  /** Who waits for it; not more than there are connections. */
  readonly clients: Exchange[];
  verdict: Promise<Verdict>;
}

const NOT_BEGUN: Promise<Verdict> = Promise.resolve(undefined);

/** Verifies passwords: few at a time, a bounded number that wait, and a credential once, however many requests bear it. */
export class PasswordVerifier {
  readonly #queue = new BoundedQueue(VERIFIED_AT_ONCE, MAY_WAIT);
  readonly #pending = new Map<string, Verification>();

  /** Whether `password` is that of `hash`; `key` stands for the whole credential. Undefined: too many are waiting. */
  verify(x: Exchange, key: string, password: string, hash: SecretHash): Promise<Verdict> | undefined {
    const pending = this.#pending.get(key);
    // A name that has another password by now has another hash.
    if (pending?.hash === hash) {
      pending.clients.push(x);
      return pending.verdict;
    }
    if (this.#queue.full) return undefined;
    const verification: Verification = { hash, clients: [x], verdict: NOT_BEGUN };
    this.#pending.set(key, verification);
    verification.verdict = this.#queue.run(() => this.#run(verification, key, password));
    return verification.verdict;
  }

  async #run(verification: Verification, key: string, password: string): Promise<Verdict> {
    const { clients, hash } = verification;
    try {
      if (clients.every((client) => client.finished)) return undefined;
      return await verifySecret(password, hash);
    } finally {
      if (this.#pending.get(key) === verification) this.#pending.delete(key);
    }
  }
}

/** The one that all policies have in common: many of them, each with its share, would take all threads. */
export function sharedVerifier(state: State): PasswordVerifier {
  return state.common(["password verifier"], () => new PasswordVerifier());
}
