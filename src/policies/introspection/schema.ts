import { z } from "zod";
import { claimName } from "../../callers/claim-name.ts";
import { claimsToHeaders } from "../../callers/claims-to-headers.ts";
import { realm } from "../../http/field-schema.ts";
import { duration, secret } from "../../lib/schema.ts";

const oneOrMore = z.union([z.string().min(1), z.array(z.string().min(1)).min(1)]);

export const introspectionConfig = z.strictObject({
  url: z
    .string()
    .max(2000)
    .describe("The authorization server's introspection endpoint: https, or http on this machine."),
  clientId: z
    .string()
    .min(1)
    .max(1000)
    .describe("The name that the gateway has at the authorization server."),
  clientSecret: secret().describe("The secret that goes with it."),
  clientAuthentication: z
    .enum(["basic", "post"])
    .default("basic")
    .describe("Whether both are sent in the Authorization header or in the body (RFC 6749, 2.3.1)."),
  id: z
    .enum(["sub", "username", "client_id"])
    .default("sub")
    .describe("The member of the answer that is the caller's id; a token without it is refused."),
  issuer: oneOrMore.optional().describe("Accepted values of iss. Unset: iss is not looked at."),
  audience: oneOrMore
    .optional()
    .describe("Names of this API: aud must contain one of them. Unset: aud is not looked at."),
  plan: claimName
    .optional()
    .describe("The member of the answer that says which plan the caller is on, for the limits that ask."),
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
    .describe("Whether services get the token, too; without it none can replay a caller's token."),
  timeout: duration({ min: 100, max: 30_000 })
    .prefault("3s")
    .describe("How long the server may take for an answer, up to 30s."),
  atOnce: z
    .int()
    .min(1)
    .max(1000)
    .default(32)
    .describe("How many tokens each worker asks for at a time; four times as many wait their turn."),
  cache: z
    .strictObject({
      entries: z
        .int()
        .min(2)
        .max(1_000_000)
        .default(10_000)
        .describe("How many active tokens each worker remembers."),
      ttl: duration({ min: 0, max: 3_600_000 })
        .prefault("60s")
        .describe(
          "How long a verdict is remembered, and a revoked token passes at most; up to 1h, 0s: not at all.",
        ),
    })
    .prefault({})
    .describe("Remembered verdicts, so that the server is not asked with every request."),
});

export type IntrospectionConfig = z.output<typeof introspectionConfig>;
