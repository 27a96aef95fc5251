import type { Exchange } from "../../core/exchange.ts";
import type { Source } from "./schema.ts";

/** What sources name as the tenant: its name, nothing, or what cannot be used. */
export type TenantName = string | typeof NOTHING | typeof INVALID_CLAIM | typeof DISAGREE;

export const NOTHING = Symbol("nothing");
/** A claim that is there and no text: never taken for a name by its text, as `true` or `[object Object]` would be. */
export const INVALID_CLAIM = Symbol("invalid claim");
export const DISAGREE = Symbol("disagree");

type Read = (x: Exchange) => TenantName;

/** Reads several sources as one: what they say must be the same, to the letter. */
export function readAll(sources: readonly Source[]): Read {
  const reads = sources.map(compileSource);
  return (x) => {
    let said: TenantName = NOTHING;
    for (let i = 0; i < reads.length; i++) {
      said = agree(said, reads[i]!(x));
      if (said === INVALID_CLAIM || said === DISAGREE) return said;
    }
    return said;
  };
}

/** What two say together. */
export function agree(one: TenantName, other: TenantName): TenantName {
  if (one === NOTHING || one === other) return other;
  if (other === NOTHING) return one;
  return other === INVALID_CLAIM ? other : DISAGREE;
}

function compileSource(source: Source): Read {
  if ("claim" in source) return readClaim(source.claim);
  if ("header" in source) return readHeader(source.header);
  return readSubdomain(source.subdomain);
}

function readClaim(name: string): Read {
  return ({ caller }) => {
    if (caller === undefined || !Object.hasOwn(caller.claims, name)) return NOTHING;
    const value = caller.claims[name];
    if (value === null || value === undefined) return NOTHING;
    return typeof value === "string" ? value : INVALID_CLAIM;
  };
}

/** Clients' fields of this name go to no service: the gateway has laid them aside. */
function readHeader(name: string): Read {
  return ({ withheld }) => {
    if (withheld === undefined) return NOTHING;
    let said: TenantName = NOTHING;
    for (let i = 0; i < withheld.length; i += 2) {
      if (withheld[i] === name) said = agree(said, withheld[i + 1]!);
    }
    return said;
  };
}

/** The host is the one that a trusted proxy tells of, or else that of the request; what others say is not believed. */
function readSubdomain(domain: string): Read {
  const end = `.${domain}`;
  return ({ client, request }) => {
    const host = withoutPort(client.host === "" ? request.authority : client.host);
    if (!host.endsWith(end)) return NOTHING;
    const label = host.slice(0, -end.length);
    return label === "" || label.includes(".") ? NOTHING : label;
  };
}

/** Also without the dot that may end a name (RFC 1034, 3.1). */
function withoutPort(authority: string): string {
  const colon = authority.lastIndexOf(":");
  const host = colon === -1 ? authority : authority.slice(0, colon);
  return host.endsWith(".") ? host.slice(0, -1) : host;
}
