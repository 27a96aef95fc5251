import type { Exchange } from "../../core/exchange.ts";
import { addressAdder } from "../../zones/address-key.ts";
import type { KeyedHash } from "../../zones/keyed-hash.ts";
import type { KeyPartConfig, LimitConfig } from "./schema.ts";

/** Adds its part of an exchange's key to a hash. False: the request lacks it. */
export type KeyPart = (hash: KeyedHash, x: Exchange) => boolean;

/** What a field of the key begins with, so that an address, a text and a number never make the same one. */
const TEXT = 0;
const NUMBER = 1;

/** Whether a key can only be made once the caller is known. */
export function needsCaller(part: KeyPartConfig): boolean {
  return part === "caller" || part === "tenant" || (typeof part === "object" && "claim" in part);
}

/** The parts of a limit's key, in the order of the config. */
export function keyParts(config: LimitConfig): readonly KeyPartConfig[] {
  return Array.isArray(config.key) ? config.key : [config.key];
}

export function compileKeyPart(part: KeyPartConfig): KeyPart {
  switch (part) {
    case "ip":
      return addressPart();
    case "caller":
      return (hash, { caller }) => {
        if (caller === undefined) return false;
        addText(hash, caller.kind);
        addText(hash, caller.id);
        return true;
      };
    case "tenant":
      return (hash, { tenant }) => tenant !== undefined && addText(hash, tenant.name);
    case "route":
      return (hash, x) => addText(hash, x.route.name);
    case "service":
      return (hash, x) => addText(hash, x.route.service);
    case "all":
      return () => true;
    default:
  }
  if ("claim" in part) return claimPart(part.claim);
  if ("header" in part) return headerPart(part.header);
  return addressPart(part.ipv4, part.ipv6);
}

function claimPart(name: string): KeyPart {
  return (hash, { caller }) => {
    if (caller === undefined || !Object.hasOwn(caller.claims, name)) return false;
    const value = caller.claims[name];
    // Anything else would be a key only by its text: `true`, `[object Object]`.
    if (typeof value === "string") return addText(hash, value);
    if (typeof value !== "number") return false;
    hash.number(NUMBER);
    hash.text(String(value));
    return true;
  };
}

function headerPart(name: string): KeyPart {
  return (hash, x) => {
    const value = x.request.headers.joined(name);
    return value !== undefined && addText(hash, value);
  };
}

function addressPart(ipv4Bits?: number, ipv6Bits?: number): KeyPart {
  const add = addressAdder(ipv4Bits, ipv6Bits);
  return (hash, x) => {
    add(hash, x.client.address);
    return true;
  };
}

function addText(hash: KeyedHash, text: string): boolean {
  hash.number(TEXT);
  hash.text(text);
  return true;
}
