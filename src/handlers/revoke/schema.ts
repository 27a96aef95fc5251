import { z } from "zod";
import { secret } from "../../lib/schema.ts";
import { clientSchema } from "../client-schema.ts";

const client = clientSchema.extend({
  revokes: z
    .enum(["own", "any"])
    .default("own")
    .describe("own: the tokens that were issued to it; any: all of them, also by their jti or their sub."),
});

export const revokeConfig = z.strictObject({
  revocations: z
    .string()
    .min(1)
    .describe("The zone of the config's revocations that it writes into, and that the policy jwt reads."),
  signingKeys: z
    .string()
    .min(1)
    .optional()
    .describe("The list of the config's signingKeys that the tokens are signed with. Either this or secret."),
  secret: secret()
    .optional()
    .describe("The secret that the tokens are signed with, as the handler token has it."),
  algorithm: z
    .enum(["HS256", "HS384", "HS512"])
    .optional()
    .describe("The algorithm that goes with the secret, HS256 by default."),
  clients: z.array(client).min(1).describe("Who may revoke tokens."),
});

export type RevokeConfig = z.output<typeof revokeConfig>;
export type RevokeClient = z.output<typeof client>;
