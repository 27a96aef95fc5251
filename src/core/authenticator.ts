import type { Caller } from "./caller.ts";
import type { Exchange } from "./exchange.ts";
import type { Reply } from "./reply.ts";

/** Who is calling, as a credential says. */
export interface Identity {
  /** Undefined for an unknown caller, where credentials are optional. */
  readonly caller: Caller | undefined;
  /** Header fields that tell services of the caller: flat name, value. */
  readonly headers: readonly string[];
}

/** Whoever bears no credential where none is needed. */
export const ANONYMOUS: Identity = Object.freeze({ caller: undefined, headers: Object.freeze([]) });

/**
 * Says who is calling, by credentials of one kind. It only says so: the identity step (`core/identity-step.ts`) asks it, and is
 * alone in letting the rest of the gateway and services know.
 */
export interface Authenticator {
  /**
   * The challenges (RFC 9110, 11.6.1) by which a request without a credential is told what it may bear, as values of
   * `WWW-Authenticate`. Where credentials are optional, they are for whoever then finds that one is needed.
   */
  readonly challenges: readonly string[];
  /** Whether the request bears a credential of the kind, good or bad. */
  bears(x: Exchange): boolean;
  /**
   * Who is calling, or the refusal. A request without a credential of the kind is answered at once: with `ANONYMOUS` where it may
   * pass, else with 401 and the challenges. What services must not see of a credential is taken out of the request here.
   */
  identify(x: Exchange): Identity | Reply | Promise<Identity | Reply>;
  close?(): void | Promise<void>;

  // Whoever has hooks is a policy: of several authenticators only one is asked, and the others' hooks would not know that.
  readonly request?: never;
  readonly response?: never;
  readonly done?: never;
}
