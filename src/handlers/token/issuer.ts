import type { JWTPayload } from "jose";
import { ConfigMistake } from "../../lib/config-mistake.ts";
import { findSigningKeys, signWithSecret } from "../../callers/signing-keys.ts";
import type { Host } from "../../host/host.ts";
import type { Around } from "../../contract/around.ts";
import type { TokenConfig } from "./schema.ts";

const DEFAULT_LIFETIME_MS = 300_000;
/** What the example of the unchecked form answers. */
const UNCHECKED_LIFETIME_MS = 3_600_000;

type Sign = (claims: JWTPayload) => Promise<string>;

/** Of whom a token speaks, and of what it allows. */
export interface TokenClaims {
  readonly sub: string;
  readonly role?: string;
  readonly scope?: string;
}

/** Makes signed tokens; what is the same in all of them is decided once. */
export class TokenIssuer {
  /** Seconds. */
  readonly expiresIn: number;
  readonly #host: Host;
  readonly #sign: Sign;
  readonly #common: Readonly<Record<string, string>>;
  /** Tokens of signing keys are access tokens by RFC 9068, and name the client that they were given to. */
  readonly #namesClient: boolean;

  constructor(config: TokenConfig, { host, signingKeys }: Pick<Around, "host" | "signingKeys">) {
    const fallbackMs = config.credentials === "none" ? UNCHECKED_LIFETIME_MS : DEFAULT_LIFETIME_MS;
    this.expiresIn = Math.floor((config.expiresIn ?? fallbackMs) / 1000);
    this.#host = host;
    this.#sign = createSign(config, signingKeys);
    this.#namesClient = config.signingKeys !== undefined;
    this.#common = {
      ...(config.issuer === undefined ? {} : { iss: config.issuer }),
      ...(config.audience === undefined ? {} : { aud: config.audience }),
    };
  }

  /** A token for `client` that says these claims, valid from now on for `expiresIn` seconds. */
  issue(client: string, claims: TokenClaims): Promise<string> {
    const iat = Math.floor(this.#host.clock.wall() / 1000);
    const times = { iat, exp: iat + this.expiresIn, jti: this.#host.random.hex(32) };
    const named = this.#namesClient ? { client_id: client } : {};
    return this.#sign({ ...this.#common, ...claims, ...named, ...times });
  }
}

function createSign(config: TokenConfig, sets: Around["signingKeys"]): Sign {
  if (config.signingKeys === undefined) {
    if (config.secret !== undefined) {
      const sign = signWithSecret(config.secret, config.algorithm ?? "HS256");
      return (claims) => sign(claims, "JWT");
    }
    throw new ConfigMistake(
      "there is no key to sign tokens with",
      [],
      "give a secret, or the name of a list of signingKeys",
    );
  }
  if (config.secret !== undefined) {
    throw new ConfigMistake("secret and signingKeys exclude each other", ["secret"], "remove one of them");
  }
  if (config.algorithm !== undefined) {
    throw new ConfigMistake("the algorithm is that of the signing key", ["algorithm"], "remove it here");
  }
  const keys = findSigningKeys(sets, config.signingKeys, ["signingKeys"]);
  for (const name of ["issuer", "audience"] as const) {
    // Everybody can verify these tokens: without iss and aud, one API would take what was meant for another.
    if (config[name] === undefined) {
      throw new ConfigMistake(
        `tokens of signing keys need an ${name} (RFC 9068, 2.2)`,
        [],
        `add ${name}: with the URL of ${name === "issuer" ? "this gateway" : "the API that takes the tokens"}`,
      );
    }
  }
  return (claims) => keys.sign(claims, "at+jwt");
}
