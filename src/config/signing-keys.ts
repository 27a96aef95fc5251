import { z } from "zod";
import {
  createSigningKey,
  KEY_ID,
  SigningKeys,
  type SigningKey,
  type SigningKeyConfig,
} from "../callers/signing-keys.ts";
import type { Clock } from "../host/host.ts";
import { SIGNATURE_ALGORITHMS } from "../lib/signature-algorithms.ts";
import { secret } from "../lib/schema.ts";
import { isObject } from "./plain.ts";
import { defineSection } from "./section.ts";
import { collectIssues, type ConfigIssue } from "./issue.ts";
import { formatPath, type ConfigPath } from "../lib/config-path.ts";

// YAML reads the text of a JWK as an object.
const jwk = z
  .looseObject({ kty: z.string().describe("The key's type: EC, OKP or RSA.") })
  .transform((members) => JSON.stringify(members));

const signingKeySchema = z.strictObject({
  privateKey: z
    .union([secret(), jwk])
    .describe("The private key: PEM (PKCS#8), or a JWK (RFC 7517) as text or as an object."),
  algorithm: z.enum(SIGNATURE_ALGORITHMS).describe("The algorithm that it signs with, and no other."),
  kid: z
    .string()
    .regex(KEY_ID, "expected 1 to 128 printable ASCII characters without blanks")
    .optional()
    .describe(
      "Its name, in tokens and where it is published; by default the JWK's, or its thumbprint (RFC 7638).",
    ),
  signsFrom: z.iso
    .datetime({
      offset: true,
      error: 'expected a date and time with its zone, such as "2027-01-31T00:00:00Z"',
    })
    .transform((text) => Date.parse(text))
    .optional()
    .describe("When it begins to sign; it is published before. By default it may at once."),
});

/** A list of keys; undefined stands for one whose mistakes have been told. */
type KeyList = readonly (SigningKeyConfig | undefined)[];

export const signingKeys = defineSection({
  schema: z
    .record(
      z.string().regex(/^[A-Za-z][A-Za-z0-9-]{0,62}$/, "expected letters, digits and '-'"),
      z
        .array(signingKeySchema)
        .min(1)
        .describe("The newest key first: of those whose signsFrom has come, the first signs."),
    )
    .prefault({})
    .describe("The keys that the gateway signs tokens with, in lists by name: one for each purpose."),
  parse(written): Readonly<Record<string, KeyList>> {
    const lists = Object.entries(isObject(written) ? written : {}).map(([name, list]): [string, KeyList] => [
      name,
      Array.isArray(list) ? list.map((key) => signingKeySchema.safeParse(key).data) : [],
    ]);
    return Object.fromEntries(lists);
  },
  read: (sets: Readonly<Record<string, KeyList>>, { host }, issues) => ({
    signingKeys: readSigningKeys(sets, host.clock, issues),
  }),
});

function readSigningKeys(
  sets: Readonly<Record<string, KeyList>>,
  clock: Clock,
  issues: ConfigIssue[],
): ReadonlyMap<string, SigningKeys> {
  const read = new Map<string, SigningKeys>();
  const places = new Map<string, ConfigPath>();
  for (const [name, configs] of Object.entries(sets)) {
    const keys: SigningKey[] = [];
    for (const [index, config] of configs.entries()) {
      if (config === undefined) continue;
      const path = ["signingKeys", name, index];
      const key = collectIssues(issues, path, () => createSigningKey(config));
      if (key === undefined) continue;
      keys.push(key);
      checkUnique(key, path, places, issues);
    }
    if (configs.length > 0 && configs.every(isKnown))
      checkOrder(configs, ["signingKeys", name], clock, issues);
    read.set(name, new SigningKeys(keys, clock));
  }
  return read;
}

/** Whoever verifies looks keys up by their kid; and a key that stands there twice was meant to be replaced. */
function checkUnique(
  key: SigningKey,
  path: ConfigPath,
  places: Map<string, ConfigPath>,
  issues: ConfigIssue[],
): void {
  const namesake = places.get(`kid ${key.kid}`);
  const same = places.get(`key ${key.thumbprint}`);
  if (same !== undefined) {
    const message = `the key is that of ${formatPath(same)} already`;
    issues.push({ path: [...path, "privateKey"], message, hint: "make a new one" });
  } else if (namesake !== undefined) {
    const message = `the kid ${JSON.stringify(key.kid)} is that of ${formatPath(namesake)} already`;
    issues.push({ path: [...path, "kid"], message, hint: "leave it out" });
  }
  places.set(`kid ${key.kid}`, path);
  places.set(`key ${key.thumbprint}`, path);
}

function isKnown(config: SigningKeyConfig | undefined): config is SigningKeyConfig {
  return config !== undefined;
}

/** One key signs at any time from now on, and every `signsFrom` has its day. */
function checkOrder(
  configs: readonly SigningKeyConfig[],
  path: ConfigPath,
  clock: Clock,
  issues: ConfigIssue[],
): void {
  let earliestMs = Infinity;
  for (const [index, { signsFrom }] of configs.entries()) {
    if (signsFrom !== undefined && signsFrom >= earliestMs) {
      const message = "this key would never sign: one before it does so from then on";
      const hint = "put the newest key first; remove signsFrom from one that no longer signs";
      issues.push({ path: [...path, index, "signsFrom"], message, hint });
    }
    earliestMs = Math.min(earliestMs, signsFrom ?? -Infinity);
  }
  if (earliestMs <= clock.wall()) return;
  const message = "no key of this list signs yet";
  issues.push({ path, message, hint: "keep the key that has signed until then behind the others" });
}
