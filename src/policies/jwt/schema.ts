import { z } from "zod";
import { identityHeaderName } from "../../core/identity-header.ts";
import { duration, secret } from "../../lib/schema.ts";

const ALGORITHMS = [
  "HS256",
  "HS384",
  "HS512",
  "RS256",
  "RS384",
  "RS512",
  "PS256",
  "PS384",
  "PS512",
  "ES256",
  "ES384",
  "ES512",
  "EdDSA",
] as const;

export type Algorithm = (typeof ALGORITHMS)[number];

const oneOrMore = z.union([z.string().min(1), z.array(z.string().min(1)).min(1)]);

const jwk = z
  .looseObject({ kty: z.string().describe("The key's type: RSA, EC or OKP.") })
  .describe("A public key as a JSON Web Key (RFC 7517).");

export const jwtConfig = z.strictObject({
  secret: secret()
    .optional()
    .describe("The secret of the HS algorithms, at least as long as their hash. Either this or publicKey."),
  publicKey: z
    .union([secret(), jwk])
    .optional()
    .describe("The public key of the other algorithms: PEM (public key or X.509 certificate) or a JWK."),
  algorithms: z
    .array(z.enum(ALGORITHMS))
    .min(1)
    .describe("The algorithms that tokens may be signed with; each must fit the key."),
  issuer: oneOrMore.optional().describe("Accepted values of iss. Unset: any issuer that has the key."),
  audience: oneOrMore
    .optional()
    .describe(
      "Names of this API: aud must contain one of them. Unset: a token that names an audience is refused.",
    ),
  clockTolerance: duration({ min: 0, max: 60_000 })
    .prefault("0s")
    .describe("How far the issuer's clock may be off when exp and nbf are checked, up to 60s."),
  requiredClaims: z
    .array(z.string().min(1))
    .default([])
    .describe("Claims that a token must have besides exp and sub, which are always required."),
  claimsToHeaders: z
    .record(z.string().min(1), identityHeaderName)
    .default({})
    .describe(
      "Claims to tell the service, each with the request header that carries it. Clients cannot set these.",
    ),
  realm: z
    .string()
    .regex(/^[\x20\x21\x23-\x5b\x5d-\x7e]{1,100}$/, "expected printable ASCII without quotes and backslashes")
    .default("portcullis")
    .describe("The realm named in WWW-Authenticate."),
  forwardToken: z
    .boolean()
    .default(false)
    .describe(
      "Whether services get the Authorization header, too; without it none can replay a caller's token.",
    ),
  cache: z
    .strictObject({
      entries: z
        .int()
        .min(2)
        .max(1_000_000)
        .default(10_000)
        .describe("How many verified tokens each worker remembers."),
    })
    .prefault({})
    .describe(
      "Remembered verdicts, so that a token's signature is verified once and not with every request.",
    ),
});

export type JwtConfig = z.output<typeof jwtConfig>;
