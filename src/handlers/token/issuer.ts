import { createSecretKey } from "node:crypto";
import { SignJWT, type CryptoKey } from "jose";
import { PolicyConfigError } from "../../core/policy.ts";
import type { Host } from "../../host/host.ts";
import { hmacSecretProblem } from "../../lib/hmac-secret.ts";
import type { TokenConfig } from "./schema.ts";

/** Makes signed tokens; what is the same in all of them is decided once. */
export class TokenIssuer {
  /** Seconds. */
  readonly expiresIn: number;
  readonly #host: Host;
  readonly #key: CryptoKey;
  readonly #algorithm: TokenConfig["algorithm"];
  readonly #common: Readonly<Record<string, string>>;

  constructor(config: TokenConfig, host: Host) {
    const problem = hmacSecretProblem(config.secret, config.algorithm);
    if (problem !== undefined) throw new PolicyConfigError(problem.message, ["secret"], problem.hint);
    this.expiresIn = Math.floor(config.expiresIn / 1000);
    this.#host = host;
    this.#algorithm = config.algorithm;
    const hash = `SHA-${config.algorithm.slice(2)}`;
    this.#key = createSecretKey(config.secret, "utf8").toCryptoKey({ name: "HMAC", hash }, false, ["sign"]);
    this.#common = {
      ...(config.issuer === undefined ? {} : { iss: config.issuer }),
      ...(config.audience === undefined ? {} : { aud: config.audience }),
    };
  }

  /** A token that says these claims, valid from now on for `expiresIn` seconds. */
  issue(claims: { readonly sub: string; readonly role?: string; readonly scope?: string }): Promise<string> {
    const iat = Math.floor(this.#host.clock.wall() / 1000);
    const times = { iat, exp: iat + this.expiresIn, jti: this.#host.random.hex(32) };
    return new SignJWT({ ...this.#common, ...claims, ...times })
      .setProtectedHeader({ alg: this.#algorithm, typ: "JWT" })
      .sign(this.#key);
  }
}
