import type { Exchange } from "../core/exchange.ts";
import type { Policy } from "../core/policy.ts";
import { NO_CREDENTIAL, SEVERAL_CREDENTIALS } from "../core/refusals.ts";
import { challengesOf, refuse, type Reply } from "../core/reply.ts";

const AMBIGUOUS = refuse(SEVERAL_CREDENTIALS);

type Member = Policy & Required<Pick<Policy, "bears" | "request">>;

/**
 * Several policies that authenticate, on one route: the one decides whose credential the request bears, and each of them knows
 * nothing of the others. A request that bears two kinds is refused: two callers would stand behind it, and which of them counted
 * would depend on who asks. One that bears none gets the challenges of all (RFC 9110, 11.6.1 allows several fields).
 */
export class AnyCredential implements Policy {
  readonly challenges: readonly string[];
  readonly #members: readonly Member[];

  constructor(members: readonly Policy[]) {
    this.#members = members.map(toMember);
    this.challenges = members.flatMap(({ challenges = [] }) => challenges);
  }

  consistsOf(policies: readonly Policy[]): boolean {
    return (
      policies.length === this.#members.length && policies.every((policy, i) => policy === this.#members[i])
    );
  }

  bears(x: Exchange): boolean {
    return this.#members.some((member) => member.bears(x));
  }

  request(x: Exchange): Reply | void | Promise<Reply | void> {
    let borne: Member | undefined;
    for (const member of this.#members) {
      if (!member.bears(x)) continue;
      if (borne !== undefined) return AMBIGUOUS;
      borne = member;
    }
    return borne === undefined ? this.#challenge(x) : borne.request(x);
  }

  #challenge(x: Exchange): Reply | void | Promise<Reply | void> {
    const headers: string[] = [];
    for (const member of this.#members) {
      const answer = member.request(x);
      // It lets strangers pass, or has another reason to refuse this one, such as two Authorization fields.
      if (answer === undefined || answer instanceof Promise || answer.status !== 401) return answer;
      for (const challenge of challengesOf(answer)) headers.push("www-authenticate", challenge);
    }
    return refuse(NO_CREDENTIAL, { headers });
  }
}

/** What has other hooks would have to be told which of the members was asked. */
function toMember(policy: Policy): Member {
  const isFit =
    policy.bears !== undefined &&
    policy.request !== undefined &&
    policy.response === undefined &&
    policy.done === undefined;
  if (isFit) return policy as Member;
  throw new TypeError("a policy that authenticates has the hooks bears and request, and no others");
}
