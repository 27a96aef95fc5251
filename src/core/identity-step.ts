import { isPromise } from "../lib/is-promise.ts";
import type { Authenticator, Identity } from "./authenticator.ts";
import type { Exchange } from "./exchange.ts";
import type { Policy } from "./policy.ts";
import { NO_CREDENTIAL, SEVERAL_CREDENTIALS } from "./refusals.ts";
import { refuse, type Reply } from "./reply.ts";

const AMBIGUOUS = refuse(SEVERAL_CREDENTIALS);

/**
 * Who is calling: asks the authenticator whose credential the request bears, and is alone in writing what that says. A request that
 * bears credentials of two kinds is refused: two callers would stand behind it, and which of them counted would depend on who asks.
 * One that bears none gets the challenges of all (RFC 9110, 11.6.1 allows several fields).
 */
export class IdentityStep implements Policy {
  readonly authenticators: readonly Authenticator[];
  readonly challenges: readonly string[];
  readonly #missing: Reply;

  constructor(authenticators: readonly Authenticator[]) {
    this.authenticators = authenticators;
    this.challenges = authenticators.flatMap(({ challenges }) => challenges);
    const headers = this.challenges.flatMap((challenge) => ["www-authenticate", challenge]);
    this.#missing = refuse(NO_CREDENTIAL, { headers });
  }

  /** Whether the request bears a credential of any kind that is taken here, good or bad; to be asked before this step. */
  bears(x: Exchange): boolean {
    return this.authenticators.some((authenticator) => authenticator.bears(x));
  }

  request(x: Exchange): Reply | void | Promise<Reply | void> {
    const { authenticators } = this;
    let borne: Authenticator | undefined;
    for (let i = 0; i < authenticators.length; i++) {
      const authenticator = authenticators[i]!;
      if (!authenticator.bears(x)) continue;
      if (borne !== undefined) return AMBIGUOUS;
      borne = authenticator;
    }
    if (borne === undefined) return this.#meetStranger(x);
    x.credential = "borne";
    const outcome = borne.identify(x);
    return isPromise(outcome) ? outcome.then((later) => take(x, later)) : take(x, outcome);
  }

  #meetStranger(x: Exchange): Reply | void | Promise<Reply | void> {
    const { authenticators } = this;
    for (const authenticator of authenticators) {
      const outcome = authenticator.identify(x);
      if (isPromise(outcome)) return outcome.then((later) => take(x, later));
      // It lets strangers pass, or has another reason to refuse this one, such as two Authorization fields; or is the only one.
      if (!("status" in outcome) || outcome.status !== 401 || authenticators.length === 1)
        return take(x, outcome);
    }
    return this.#missing;
  }
}

/** The only place in which an exchange gets its caller. */
function take(x: Exchange, outcome: Identity | Reply): Reply | void {
  if ("status" in outcome) return outcome;
  x.caller = outcome.caller;
  const { headers } = outcome;
  for (let i = 0; i < headers.length; i += 2) x.forwardHeader(headers[i]!, headers[i + 1]!);
}
