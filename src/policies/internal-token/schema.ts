import { z } from "zod";
import type { ClaimName } from "../../core/claim-name.ts";
import { identityHeaderName } from "../../core/identity-header.ts";
import { duration, secret } from "../../lib/schema.ts";

/** What the gateway says itself; a claim of the caller could only contradict it. */
const OWN_CLAIMS: ReadonlySet<string> = new Set([
  "iss",
  "aud",
  "sub",
  "iat",
  "nbf",
  "exp",
  "jti",
  "scope",
  "caller_kind",
]);
/** Names by which an object that others make of the token could get another prototype. */
const POISONED: ReadonlySet<string> = new Set(["__proto__", "constructor", "prototype"]);

const text = z.string().min(1).max(1000);

const passedOn = text
  .refine((name) => !OWN_CLAIMS.has(name), "the token has this claim in any case, and the gateway sets it")
  .refine((name) => !POISONED.has(name), "a claim of this name is not passed on") as z.ZodType<
  string,
  ClaimName
>;

export const internalTokenConfig = z.strictObject({
  signingKey: secret().describe(
    "The private key that signs, as PEM; of HS256 the secret, at least 32 bytes long, which services share.",
  ),
  algorithm: z
    .enum(["ES256", "EdDSA", "RS256", "HS256"])
    .describe("The algorithm that signs; it must fit the key."),
  keyId: z
    .string()
    .regex(/^[\x21-\x7e]{1,200}$/, "expected printable ASCII without spaces")
    .optional()
    .describe(
      "The kid of tokens, so that services find the key; by default the key's thumbprint (RFC 7638), of HS256 none.",
    ),
  issuer: text.describe("The iss of tokens: by what name services know the gateway."),
  audience: z
    .union([text, z.array(text).min(1)])
    .optional()
    .describe("The aud of tokens, one or a list; by default the name of the service that the route names."),
  expiresIn: duration({ min: 10_000, max: 600_000 })
    .prefault("60s")
    .describe("How long a token is valid, from 10s to 10m; whole seconds."),
  header: identityHeaderName
    .default("x-internal-token")
    .describe("The request header that carries the token, in lower case. Clients cannot set it."),
  claims: z
    .array(passedOn)
    .default([])
    .describe("Claims of the caller that tokens have, too, beside sub and scope."),
});

export type InternalTokenConfig = z.output<typeof internalTokenConfig>;
