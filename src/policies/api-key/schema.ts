import { extname } from "node:path";
import { z } from "zod";
import { callerName, callerToHeaders, freeHeader, planName, scopeNames } from "../../core/caller-schema.ts";
import { realm } from "../../http/field-schema.ts";
import { secret } from "../../lib/schema.ts";
import { PUBLIC_ID, STORED_HASH } from "./key-format.ts";

const claim = z.union([
  z.string().max(1000),
  z.number(),
  z.boolean(),
  z.array(z.string().max(1000)).max(100),
]);

/** One key, as `portcullis api-key new` prints it. */
export const keyEntry = z.strictObject({
  id: z
    .string()
    .regex(PUBLIC_ID, "expected the public part of a key, such as pk_4fZyO82m1KxQ")
    .describe("The public part of the key: its prefix and its id."),
  hash: z
    .string()
    .regex(STORED_HASH, "expected hmac-sha256: and 43 characters, as portcullis api-key new prints it")
    .describe("The HMAC of the whole key with the pepper, never the key itself."),
  owner: callerName.describe("Who the key was given to: the caller's id. One owner may have several keys."),
  plan: planName.optional().describe("The plan that the owner is on, for limits."),
  scopes: scopeNames.default([]).describe("What the key may be used for."),
  expires: z
    .union([z.iso.date(), z.iso.datetime({ offset: true })], {
      error: "expected a date such as 2027-01-01, or a time such as 2027-01-01T12:00:00Z",
    })
    .transform((text) => Date.parse(text))
    .optional()
    .describe("The first moment at which the key no longer passes; of a date, its beginning in UTC."),
  disabled: z.boolean().default(false).describe("Whether the key is refused for now."),
  claims: z
    .record(z.string().regex(/^[A-Za-z_][\w.:/-]{0,99}$/, "expected the name of a claim"), claim)
    .default({})
    .describe("Whatever else is to be known of the caller."),
});

/** What the names of key files end in. */
export const KEY_FILE_TYPES: readonly string[] = [".json", ".yaml", ".yml"];

export type KeyEntry = z.output<typeof keyEntry>;

const place = z.union([
  z.strictObject({
    header: freeHeader.describe("The name of the request header that carries the key."),
  }),
  z.strictObject({
    query: z
      .string()
      .regex(/^[A-Za-z0-9_.-]{1,64}$/, "expected 1 to 64 letters, digits, dots, dashes or underscores")
      .describe("The name of the query parameter that carries the key."),
  }),
]);

export const apiKeyConfig = z.strictObject({
  pepper: secret().describe("The secret that keys are hashed with, of at least 32 bytes."),
  keys: z.array(keyEntry).default([]).describe("The keys that pass."),
  file: z
    .string()
    .refine((name) => KEY_FILE_TYPES.includes(extname(name)) && !name.includes("\0"), {
      error: `expected the name of a file that ends in ${KEY_FILE_TYPES.join(", ")}`,
    })
    .optional()
    .describe("A file with further keys, a list of the same entries; read anew when it changes."),
  from: place
    .prefault({ header: "x-api-key" })
    .describe("Where a request carries its key: in a header, or in a parameter of its query."),
  realm: realm.default("portcullis").describe("The realm named in WWW-Authenticate."),
  callerToHeaders,
  forwardKey: z
    .boolean()
    .default(false)
    .describe("Whether services get the key, too; without it none can use a caller's key elsewhere."),
});

export type ApiKeyConfig = z.output<typeof apiKeyConfig>;
