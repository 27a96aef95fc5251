import { z } from "zod";
import type { ClaimName } from "../../callers/claim-name.ts";
import { identityHeaderName } from "../../callers/identity-header.ts";
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

export const internalTokenConfig = z
  .strictObject({
    signingKeys: z
      .string()
      .min(1)
      .optional()
      .describe("The list of the config's signingKeys that signs tokens. Either this or secret."),
    secret: secret()
      .optional()
      .describe(
        "The secret that signs tokens with HS256, at least 32 bytes long. Services share it, and can make tokens.",
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
      .describe("Claims of the caller that tokens have, too, beside sub, scope and the tenant."),
  })
  .superRefine(({ signingKeys, secret }, context) => {
    if ((signingKeys === undefined) !== (secret === undefined)) return;
    context.addIssue({
      code: "custom",
      message:
        secret === undefined
          ? "there is no key to sign tokens with"
          : "secret and signingKeys exclude each other",
      params: { hint: "give the name of a list of signingKeys, or a secret that services share" },
    });
  });

export type InternalTokenConfig = z.output<typeof internalTokenConfig>;
