import type { Revocations } from "../../callers/revocations.ts";
import type { TokenIdentity } from "./claims.ts";
import { CLAIM_MISSING, CLAIM_VALUE, type Fault } from "./refusals.ts";

/** Tokens that are revoked while the gateway runs. */
export class ZoneRevocations {
  readonly #zone: Revocations;

  constructor(zone: Revocations) {
    this.#zone = zone;
  }

  /** A token that the zone cannot answer for: what is revoked there would be forgotten before the token ends. */
  fault({ caller }: TokenIdentity): Fault | undefined {
    const { iat, exp } = caller.claims;
    if (typeof iat !== "number") return { kind: CLAIM_MISSING, detail: "The token lacks the claim iat." };
    if ((Number(exp) - iat) * 1000 <= this.#zone.keepForMs) return undefined;
    return {
      kind: CLAIM_VALUE,
      detail: `The token is valid for more than ${this.#zone.keepForMs / 1000} s, for which revocations are kept here.`,
    };
  }

  /** Asked with every request; a token is looked for once after each revocation, and all else is one comparison. */
  revoked(identity: TokenIdentity): boolean {
    // Read before the token is looked for: what is revoked meanwhile makes it another one.
    const { generation } = this.#zone;
    if (identity.clearedAt === generation) return false;
    const { id, claims } = identity.caller;
    if (this.#zone.isRevoked(claims["jti"], id, Number(claims["iat"]))) return true;
    identity.clearedAt = generation;
    return false;
  }
}
