import type { ClientProtocol, DoorTools } from "../protocol.ts";
import { ClientConnection } from "./connection.ts";

/** HTTP/1.0 and HTTP/1.1. */
export function http1(tools: DoorTools): ClientProtocol {
  return { accept: (wire, origin) => new ClientConnection(tools, wire, origin) };
}
