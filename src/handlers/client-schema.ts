import { z } from "zod";
import { secret } from "../lib/schema.ts";

/** Printable ASCII of at most so many characters. */
export function printableName(max: number) {
  return z
    .string()
    .min(1)
    .max(max)
    .regex(/^[\x21-\x7e]+$/, "expected printable ASCII without spaces");
}

/** What every endpoint knows of its OAuth clients; each adds what they may do there. */
export const clientSchema = z.strictObject({
  id: printableName(256).describe("The client's id; the sub of its tokens."),
  secretHash: secret().describe(
    "The argon2id hash of the client's secret ($argon2id$v=19$m=...,t=...,p=...$...), never the secret itself.",
  ),
});
