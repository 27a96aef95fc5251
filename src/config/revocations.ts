import { z } from "zod";
import { Revocations, type RevocationsConfig } from "../callers/revocations.ts";
import { duration } from "../lib/schema.ts";
import type { ConfigIssue } from "./issue.ts";
import { parseNamed } from "./plain.ts";
import { defineSection } from "./section.ts";

const zoneSchema = z.strictObject({
  entries: z
    .int()
    .min(1)
    .max(10_000_000)
    .default(100_000)
    .describe(
      "How many revocations it holds at the same time; memory for them, 32 bytes each, is set aside at the start.",
    ),
  keepFor: duration({ min: 1000, max: 31 * 86_400_000 })
    .prefault("1d")
    .describe("How long a token may be valid whose revocation it keeps, up to 31d; a longer one is refused."),
});

export const revocations = defineSection({
  schema: z
    .record(z.string().regex(/^[A-Za-z][A-Za-z0-9-]{0,62}$/, "expected letters, digits and '-'"), zoneSchema)
    .prefault({})
    .describe("Zones, by name, in which the gateway remembers revoked tokens until they have expired."),
  parse: (written) => parseNamed(zoneSchema, written),
  read(zones: Readonly<Record<string, RevocationsConfig>>, { host, state }) {
    const read = new Map<string, Revocations>();
    for (const [name, zone] of Object.entries(zones))
      read.set(name, new Revocations(zone, state.revocationTable(name, zone.entries), host.clock));
    return { revocations: read };
  },
  checkUses({ revocations }, _kinds, issues) {
    // What could not be made has not said what it uses.
    if (issues.length === 0) checkRevocationsUsed(revocations, issues);
  },
});

/** Tells of zones of which one half is missing: who revokes a token would believe that it no longer passes. */
function checkRevocationsUsed(zones: ReadonlyMap<string, Revocations>, issues: ConfigIssue[]): void {
  for (const [name, { uses }] of zones) {
    const report = (message: string, hint: string): void =>
      void issues.push({ path: ["revocations", name], message, hint, atKey: true });
    if (!uses.has("read"))
      report(
        "no policy jwt reads this zone, so what is revoked would pass on",
        `add revocations: ${name} to jwt`,
      );
    else if (!uses.has("written"))
      report(
        "nothing writes into this zone",
        `add a route with the handler revoke: { revocations: ${name} }`,
      );
  }
}
