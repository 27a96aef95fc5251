import { z } from "zod";
import { callerName, callerToHeaders, listedCaller } from "../../callers/caller-schema.ts";
import { listFileName } from "../../callers/list-file.ts";
import { realm } from "../../http/field-schema.ts";
import { duration, secret } from "../../lib/schema.ts";

/** One user. */
export const basicUser = z.strictObject({
  // RFC 7617, 2: the first colon ends the name.
  name: callerName
    .regex(/^[^:]*$/, "expected a name without a colon")
    .describe("The name that the user logs in with: the caller's id."),
  passwordHash: secret().describe(
    "The argon2id hash of the password ($argon2id$v=19$m=...,t=...,p=...$...), never the password itself.",
  ),
  ...listedCaller,
});

export const basicConfig = z.strictObject({
  users: z.array(basicUser).default([]).describe("Who may pass."),
  file: listFileName
    .optional()
    .describe("A file with further users, a list of the same entries; read anew when it changes."),
  realm: realm.default("portcullis").describe("The realm named in WWW-Authenticate, which browsers show."),
  callerToHeaders,
  forwardCredentials: z
    .boolean()
    .default(false)
    .describe("Whether services get the Authorization header, too; without it none learns a password."),
  cache: z
    .strictObject({
      entries: z
        .int()
        .min(2)
        .max(1_000_000)
        .default(10_000)
        .describe("How many right passwords each worker remembers, as hashes with a key of its own."),
      for: duration({ min: 1000, max: 3_600_000 })
        .prefault("1m")
        .describe("How long one is remembered after it was last used, from 1s to 1h."),
    })
    .prefault({})
    .describe("Remembered verdicts, so that a password is not verified anew with every request."),
});

export type BasicUser = z.output<typeof basicUser>;
export type BasicConfig = z.output<typeof basicConfig>;
