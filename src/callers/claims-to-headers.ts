import type { z } from "zod";
import { claimRecord, type NamedClaim } from "./claim-name.ts";
import { headerText } from "./header-text.ts";
import { identityHeaderName } from "./identity-header.ts";
import { ConfigMistake } from "../lib/config-mistake.ts";

/** What a config says of the claims that services are told, for every policy whose callers have claims of somebody else's making. */
export const claimsToHeaders = claimRecord(identityHeaderName)
  .default({})
  .describe(
    "Claims to tell the service, each with the request header that carries it. Clients cannot set these.",
  );

/** Two claims in one header would be a list that nobody has configured. */
export function refuseSharedClaimHeaders(toHeaders: z.output<typeof claimsToHeaders>): void {
  const claimByHeader = new Map<string, string>();
  for (const [claim, header] of Object.entries(toHeaders)) {
    const other = claimByHeader.get(header);
    if (other !== undefined) {
      throw new ConfigMistake(
        `the claims ${other} and ${claim} go to one header, ${header}`,
        ["claimsToHeaders", claim],
        "give each claim a header of its own",
      );
    }
    claimByHeader.set(header, claim);
  }
}

/** The claims that are named, for the `claims` of a kind. */
export function namedInHeaders(toHeaders: z.output<typeof claimsToHeaders>): readonly NamedClaim[] {
  return Object.keys(toHeaders).map((name) => ({
    name,
    path: ["claimsToHeaders", name],
    atKey: true,
    takes: ["string", "number", "boolean", "list"],
  }));
}

/** The fields that tell a service of the claims: flat name, value; or the claim that no header can carry unchanged. */
export function claimFields(
  toHeaders: readonly (readonly [claim: string, header: string])[],
  claims: Readonly<Record<string, unknown>>,
): readonly string[] | { readonly unfit: string } {
  const fields: string[] = [];
  for (const [claim, header] of toHeaders) {
    const value = claims[claim] ?? null;
    if (value === null) continue;
    const text = headerText(value);
    if (text === undefined) return { unfit: claim };
    fields.push(header, text);
  }
  return fields;
}
