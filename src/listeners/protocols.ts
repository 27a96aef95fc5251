import { http1 } from "./h1/http1.ts";
import type { ClientProtocol, DoorTools } from "./protocol.ts";
import { proxyProtocol } from "./proxy-protocol/gate.ts";

/** What is spoken at a door: bricks, those that are read first standing before the others. */
export function protocolOf(entry: { readonly proxyProtocol: boolean }, tools: DoorTools): ClientProtocol {
  const http = http1(tools);
  return entry.proxyProtocol ? proxyProtocol(tools, http) : http;
}
