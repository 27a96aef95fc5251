import { z } from "zod";
import { isEverybody, readRanges } from "../lib/address-ranges.ts";
import type { ConfigIssue } from "./issue.ts";
import { isObject } from "./plain.ts";

const EVERYBODY = { problem: "this means every address", hint: "name the addresses of your proxies" };

const trusted = z.string().transform((text, context) => {
  const read = readRanges(text);
  const isRight = "ranges" in read && !read.ranges.some(isEverybody);
  if (isRight) return read.ranges;
  const { problem, hint } = "ranges" in read ? EVERYBODY : read;
  context.addIssue({ code: "custom", message: problem, params: { hint } });
  return z.NEVER;
});

/** Where clients connect, and whom the gateway believes there. */
export const listenSchema = z.strictObject({
  host: z.string().min(1).default("127.0.0.1").describe("The address to listen on; 0.0.0.0 or :: for all."),
  port: z.int().min(0).max(65_535).default(8000).describe("The port to listen on; 0 for any that is free."),
  trustedProxies: z
    .array(trusted)
    .prefault([])
    .transform((entries) => entries.flat())
    .describe(
      "Proxies in front of the gateway, which are believed what they say of their clients: addresses, networks such as 10.0.0.0/8, loopback, or private (RFC 1918, fc00::/7).",
    ),
  proxyHeaders: z
    .enum(["x-forwarded", "forwarded"])
    .default("x-forwarded")
    .describe(
      "Where trusted proxies say it: in X-Forwarded-For, -Proto and -Host, or in Forwarded (RFC 7239). The other is never read.",
    ),
  proxyProtocol: z
    .boolean()
    .default(false)
    .describe(
      "Whether each connection begins with a header of the PROXY protocol, version 1 or 2; only trustedProxies may connect then.",
    ),
});

/** Tells of what only means something of proxies that are trusted. It reads what was written: the defaults say it, too. */
export function checkListen(listen: unknown, issues: ConfigIssue[]): void {
  if (!isObject(listen)) return;
  const { trustedProxies, proxyHeaders, proxyProtocol } = listen;
  if (trustedProxies !== undefined && !(Array.isArray(trustedProxies) && trustedProxies.length === 0)) return;
  const hint = 'add trustedProxies: with the addresses of the proxies in front, such as ["10.0.0.0/8"]';
  if (proxyHeaders !== undefined) {
    const message = "no proxy is trusted, so these fields are never read";
    issues.push({ path: ["listen", "proxyHeaders"], message, hint });
  }
  if (proxyProtocol === true) {
    const message = "no proxy is trusted, so every connection would be closed";
    issues.push({ path: ["listen", "proxyProtocol"], message, hint });
  }
}
