import { checkOutboundUrl } from "../../callers/outbound-url.ts";
import { below, ConfigMistake } from "../../lib/config-mistake.ts";
import type { Around } from "../../contract/around.ts";
import { decodeStrictJson, isJsonObject } from "../../lib/strict-json.ts";
import { ClaimRules, type TokenIdentity } from "./claims.ts";
import { readKeys } from "./key.ts";
import { ConfiguredKeys, type KeySource } from "./key-source.ts";
import { CLAIM_MISSING, ISSUER, MALFORMED, type Fault } from "./refusals.ts";
import { shareKeys } from "./remote-keys.ts";
import type { JwtConfig } from "./schema.ts";
import type { ReadToken } from "./token.ts";
import { checkSignature } from "./verify.ts";

/** Whoever holds a key that is accepted, and what is asked of its tokens. */
interface TrustedIssuer {
  readonly algorithms: ReadonlySet<string>;
  readonly keys: KeySource;
  readonly rules: ClaimRules;
}

/** What was found about a token, with the keys that it holds for. */
export interface Verdict {
  readonly outcome: TokenIdentity | Fault;
  readonly keys: KeySource | undefined;
}

/** Whose tokens are accepted: of whoever has the key of the config, or of issuers that each have their own. */
export class TrustedIssuers {
  /** The only one, when the config has the key: its tokens need not say who made them. */
  readonly #only: TrustedIssuer | undefined;
  readonly #byName: ReadonlyMap<string, TrustedIssuer>;

  constructor(config: JwtConfig, around: Around) {
    const { claimTypes } = around;
    const { issuers } = config;
    if (issuers === undefined) {
      const keys = readKeys(config);
      this.#only = {
        algorithms: new Set(keys.keys()),
        keys: new ConfiguredKeys(keys),
        rules: new ClaimRules({ ...config, issuer: config.issuer, claimTypes }),
      };
      this.#byName = new Map();
      return;
    }
    refuseOtherKeys(config);
    refuseTwice(issuers);
    // What asks others begins when all is known to be right, or it would be left behind.
    const begin = issuers.map((entry, i) => below(["issuers", i], () => prepareKeys(entry, around)));
    const byName = new Map<string, TrustedIssuer>();
    for (const [i, { issuer, algorithms, ...entry }] of issuers.entries()) {
      const { audience = config.audience, clockTolerance = config.clockTolerance } = entry;
      byName.set(issuer, {
        algorithms: new Set(algorithms),
        keys: begin[i]!(),
        rules: new ClaimRules({ ...config, issuer, audience, clockTolerance, claimTypes }),
      });
    }
    this.#byName = byName;
  }

  /** What is to be said of the token; a promise when its key may be known later: then ask again, until `mayWait` is false. */
  judge(token: ReadToken, mayWait: boolean): Verdict | Promise<void> {
    // Who made it is asked first where that says which keys to try; the claims count once the signature is good.
    const claims = this.#only === undefined ? decodeStrictJson(token.payload) : undefined;
    const issuer = this.#only ?? this.#find(claims);
    if ("kind" in issuer) return { outcome: issuer, keys: undefined };
    const { algorithms, keys, rules } = issuer;
    const fault = checkSignature(token, algorithms, keys, mayWait);
    if (fault instanceof Promise) return fault;
    return { outcome: fault ?? rules.check(claims ?? decodeStrictJson(token.payload)), keys };
  }

  #find(claims: unknown): TrustedIssuer | Fault {
    if (!isJsonObject(claims)) return { kind: MALFORMED };
    const { iss } = claims;
    if (iss === undefined) return { kind: CLAIM_MISSING, detail: "The token lacks the claim iss." };
    const issuer = typeof iss === "string" ? this.#byName.get(iss) : undefined;
    return issuer ?? { kind: ISSUER };
  }
}

type Issuer = NonNullable<JwtConfig["issuers"]>[number];

function refuseTwice(issuers: readonly Issuer[]): void {
  const names = issuers.map(({ issuer }) => issuer);
  const twice = names.findIndex((name, i) => names.indexOf(name) !== i);
  if (twice !== -1)
    throw new ConfigMistake("the issuer is listed already", ["issuers", twice, "issuer"], "keep one of them");
}

/** Checks where an issuer's keys are to come from, and says how to begin. */
function prepareKeys(entry: Issuer, around: Around): () => KeySource {
  if (!("cooldown" in entry)) {
    const keys = new ConfiguredKeys(readKeys(entry));
    return () => keys;
  }
  const { issuer, jwks, cooldown: cooldownMs, staleFor: staleForMs } = entry;
  if (jwks === undefined) checkOutboundUrl(issuer, ["issuer"], "give the URL of its key set as jwks");
  else checkOutboundUrl(jwks, ["jwks"], "give the URL that answers with its key set");
  return () => shareKeys({ issuer, jwks, cooldownMs, staleForMs }, around);
}

function refuseOtherKeys(config: JwtConfig): void {
  for (const field of ["secret", "publicKey", "algorithms", "issuer"] as const) {
    if (config[field] === undefined) continue;
    const hint =
      field === "algorithms"
        ? "give each of the issuers its algorithms"
        : `keep ${field} or issuers, not both`;
    throw new ConfigMistake(`${field} and issuers exclude each other`, [field], hint);
  }
}
