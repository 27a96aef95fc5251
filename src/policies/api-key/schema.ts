import { z } from "zod";
import { callerName, callerToHeaders, freeHeader, listedCaller } from "../../callers/caller-schema.ts";
import { listFileName } from "../../callers/list-file.ts";
import { realm } from "../../http/field-schema.ts";
import { label, moment, secret } from "../../lib/schema.ts";
import { PUBLIC_ID, STORED_HASH } from "./key-format.ts";

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
  ...listedCaller,
  expires: moment
    .optional()
    .describe("The first moment at which the key no longer passes; of a date, its beginning in UTC."),
  disabled: z.boolean().default(false).describe("Whether the key is refused for now."),
});

export type KeyEntry = z.output<typeof keyEntry>;

const place = z.union([
  z.strictObject({
    header: freeHeader.describe("The name of the request header that carries the key."),
  }),
  z.strictObject({
    query: label.describe("The name of the query parameter that carries the key."),
  }),
]);

export const apiKeyConfig = z.strictObject({
  pepper: secret().describe("The secret that keys are hashed with, of at least 32 bytes."),
  oldPeppers: z
    .array(secret())
    .max(3)
    .default([])
    .describe("Peppers that were in use before; keys that were hashed with one of them pass still."),
  keys: z.array(keyEntry).default([]).describe("The keys that pass."),
  file: listFileName
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
