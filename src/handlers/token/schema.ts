import { z } from "zod";
import { scopeName } from "../../callers/caller-schema.ts";
import { duration, secret } from "../../lib/schema.ts";
import { clientSchema, printableName } from "../client-schema.ts";

const client = clientSchema.extend({
  role: printableName(64).optional().describe("The role of its tokens; none by default."),
  scopes: z
    .array(scopeName)
    .default([])
    .describe("The scopes it may ask for; it gets all of them when it asks for none."),
});

export const tokenConfig = z.strictObject({
  secret: secret()
    .optional()
    .describe(
      "The secret that signs tokens, at least as long as the algorithm's hash. Either this or signingKeys.",
    ),
  signingKeys: z
    .string()
    .min(1)
    .optional()
    .describe(
      "The list of the config's signingKeys that signs tokens; issuer and audience are required then.",
    ),
  algorithm: z
    .enum(["HS256", "HS384", "HS512"])
    .optional()
    .describe("The algorithm that signs with the secret, HS256 by default. Signing keys have their own."),
  expiresIn: duration({ min: 1000, max: 86_400_000 })
    .optional()
    .describe(
      "How long a token is valid, from 1s to 1d, in whole seconds. By default 5m; 1h with credentials none.",
    ),
  issuer: z.string().min(1).optional().describe("The iss of tokens."),
  audience: z.string().min(1).optional().describe("The aud of tokens."),
  credentials: z
    .union([
      z.literal("none"),
      z.strictObject({ clients: z.array(client).min(1).describe("Who may get a token.") }),
    ])
    .describe(
      'Who may get a token: listed clients, or with "none" anyone (only on loopback, for development).',
    ),
});

export type TokenConfig = z.output<typeof tokenConfig>;
export type ClientConfig = z.output<typeof client>;
