import { z } from "zod";
import { fileField } from "../../lib/file-field.ts";
import { claimName } from "../../callers/claim-name.ts";
import { claimsToHeaders } from "../../callers/claims-to-headers.ts";
import { realm } from "../../http/field-schema.ts";
import { HMAC_ALGORITHMS } from "../../lib/hmac-secret.ts";
import { duration, moment, secret } from "../../lib/schema.ts";
import { SIGNATURE_ALGORITHMS } from "../../lib/signature-algorithms.ts";
import { ALGORITHMS } from "./algorithms.ts";

const oneOrMore = z.union([z.string().min(1), z.array(z.string().min(1)).min(1)]);

const jwk = z
  .looseObject({ kty: z.string().describe("The key's type: RSA, EC or OKP.") })
  .describe("A public key as a JSON Web Key (RFC 7517).");

const publicKey = z.union([secret(), jwk]);

const clockTolerance = duration({ min: 0, max: 60_000 });

/** What the config says of the tokens of one issuer, wherever its keys are. */
const ofItsTokens = z.strictObject({
  audience: oneOrMore.optional().describe("Names of this API in its tokens. Unset: those of the policy."),
  clockTolerance: clockTolerance
    .optional()
    .describe("How far its clock may be off, up to 60s. Unset: that of the policy."),
});

/** An issuer whose keys are fetched. */
const fetched = ofItsTokens.extend({
  issuer: z
    .string()
    .min(1)
    .max(2000)
    .describe("The iss of its tokens, and, without jwks, the URL whose metadata say where its keys are."),
  jwks: z
    .string()
    .max(2000)
    .optional()
    .describe("Where its key set is; unset: it is asked (OpenID Connect Discovery, RFC 8414)."),
  algorithms: z
    .array(z.enum(SIGNATURE_ALGORITHMS))
    .min(1)
    .default([...SIGNATURE_ALGORITHMS])
    .describe("The algorithms that its tokens may be signed with; each key is for those that fit it."),
  cooldown: duration({ min: 1000, max: 600_000 })
    .prefault("10s")
    .describe("How long its keys are not fetched again for a key that is unknown, or after a failure."),
  staleFor: duration({ min: 0, max: 30 * 86_400_000 })
    .prefault("1d")
    .describe("How long its keys are used on when they can no longer be fetched."),
});

const issuerName = z.string().min(1).max(2000).describe("The iss of its tokens.");

/** An issuer that shares a secret with the gateway. */
const withSecret = ofItsTokens.extend({
  issuer: issuerName,
  secret: secret().describe("The secret that it shares with the gateway."),
  algorithms: z
    .array(z.enum(HMAC_ALGORITHMS))
    .min(1)
    .optional()
    .describe("With secret: the algorithms that its tokens may be signed with."),
});

/** An issuer whose public key is in the config. */
const withPublicKey = ofItsTokens.extend({
  issuer: issuerName,
  publicKey: publicKey.describe("Its public key, as PEM or JWK; nothing is fetched then."),
  algorithms: z
    .array(z.enum(SIGNATURE_ALGORITHMS))
    .min(1)
    .optional()
    .describe("With publicKey: the algorithms that its tokens may be signed with; each must fit the key."),
});

const requiredClaim = z.union([
  claimName,
  z.strictObject({
    claim: claimName.describe("The claim's name."),
    values: z
      .array(z.union([z.string(), z.number(), z.boolean()]))
      .min(1)
      .describe("The values it may have; a list must hold one of them."),
  }),
]);

const until = moment
  .optional()
  .describe("When all of these tokens have expired: from then on, reading the list leaves the entry out.");

/** Tokens that are taken back before they expire. */
export const revocation = z.union([
  z.strictObject({ jti: z.string().min(1).max(1000).describe("The jti of one token."), until }),
  z.strictObject({
    sub: z.string().min(1).max(1000).describe("The sub of the tokens."),
    notBefore: moment.describe(
      "Those that were issued (iat) before this are taken back, and those without iat.",
    ),
    until,
  }),
]);

export type Revocation = z.output<typeof revocation>;

const from = z.strictObject({
  header: z.boolean().default(true).describe("Whether it is taken from Authorization: Bearer."),
  cookie: z
    .string()
    .regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}$/, "expected the name of a cookie")
    .optional()
    .describe("The cookie that it is taken from."),
  query: z
    .string()
    .regex(/^[A-Za-z0-9._~-]{1,100}$/, "expected the name of a parameter, with nothing to escape in it")
    .optional()
    .describe("The parameter of the query that it is taken from; services never see it there."),
});

export const jwtConfig = z.strictObject({
  issuers: z
    .array(z.union([fetched, withSecret, withPublicKey]))
    .min(1)
    .max(100)
    .optional()
    .describe(
      "Issuers, whose keys are fetched and kept up to date unless they are here. Either these, or secret or publicKey.",
    ),
  secret: secret()
    .optional()
    .describe("The secret of the HS algorithms, at least as long as their hash. Either this or publicKey."),
  publicKey: publicKey
    .optional()
    .describe("The public key of the other algorithms: PEM (public key or X.509 certificate) or a JWK."),
  algorithms: z
    .array(z.enum(ALGORITHMS))
    .min(1)
    .optional()
    .describe(
      "With secret or publicKey: the algorithms that tokens may be signed with; each must fit the key.",
    ),
  issuer: oneOrMore
    .optional()
    .describe("With secret or publicKey: accepted values of iss. Unset: any issuer that has the key."),
  audience: oneOrMore
    .optional()
    .describe(
      "Names of this API: aud must contain one of them. Unset: a token that names an audience is refused.",
    ),
  clockTolerance: clockTolerance
    .prefault("0s")
    .describe("How far the issuer's clock may be off when exp and nbf are checked, up to 60s."),
  requiredClaims: z
    .array(requiredClaim)
    .default([])
    .describe(
      "Claims that a token must have besides exp and sub, which are always required: by name, or with the values it may have.",
    ),
  revoked: z
    .array(revocation)
    .max(10_000)
    .default([])
    .describe(
      "Tokens that are taken back before they expire: by jti, or those of a sub from before a moment.",
    ),
  revokedFile: fileField(z.string().regex(/^[^\0]+\.json$/, "expected the name of a file that ends in .json"))
    .optional()
    .describe("A file with further such entries, a list in JSON; read anew when it changes."),
  revocations: z
    .string()
    .min(1)
    .optional()
    .describe(
      "The zone of the config's revocations whose tokens do not pass. A token must have iat then, and may not be valid for longer than the zone keeps its revocation.",
    ),
  plan: claimName
    .optional()
    .describe("The claim that says which plan the caller is on, for the limits that ask."),
  from: from
    .prefault({})
    .describe("Where requests may bear their token; in two places at once it is refused."),
  optional: z
    .boolean()
    .default(false)
    .describe(
      "Whether requests without a token pass, without a caller. A bad token is refused all the same.",
    ),
  claimsToHeaders,
  realm: realm.default("portcullis").describe("The realm named in WWW-Authenticate."),
  forwardToken: z
    .boolean()
    .default(false)
    .describe(
      "Whether services get the token, too, in its header or cookie; without it none can replay a caller's token.",
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
