/** The HMAC algorithms of JWS and the least bytes of a secret for each: the size of its hash (RFC 7518, 3.2). */
const HMAC_SECRET_BYTES = { HS256: 32, HS384: 48, HS512: 64 } as const;

export type HmacAlgorithm = keyof typeof HMAC_SECRET_BYTES;

/** The algorithms whose key is a secret that issuer and verifier share. */
export const HMAC_ALGORITHMS = ["HS256", "HS384", "HS512"] as const satisfies readonly HmacAlgorithm[];

/**
 * Why `secret` must not be used with `algorithm`, and what to do, which is `pemHint` for a key that is no secret; undefined when it
 * may. Never repeats the secret.
 */
export function hmacSecretProblem(
  secret: string,
  algorithm: HmacAlgorithm,
  pemHint = "give a public key as publicKey, with an algorithm that fits it",
): { readonly message: string; readonly hint: string } | undefined {
  // A public key used as an HMAC secret lets everyone who has it sign: the classic confusion of HS and RS.
  if (/^\s*-----BEGIN /.test(secret)) {
    return {
      message: "the secret is a PEM document, such as a key that others may know",
      hint: pemHint,
    };
  }
  const bytes = Buffer.byteLength(secret);
  const leastBytes = HMAC_SECRET_BYTES[algorithm];
  if (bytes >= leastBytes) return undefined;
  return {
    message: `the secret has ${bytes} bytes; ${algorithm} needs at least ${leastBytes} (RFC 7518, 3.2)`,
    hint: `make one with: openssl rand -base64 ${leastBytes}`,
  };
}
