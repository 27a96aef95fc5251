import type { Surroundings } from "../handlers/kind.ts";
import { simulatedHost } from "./simulated-host.ts";

/** What a handler under test knows of the gateway: a ready one on loopback without services and routes, unless told. */
export function testSurroundings(given: Partial<Surroundings> = {}): Surroundings {
  return {
    pattern: "/*",
    host: simulatedHost(),
    gatewayName: "portcullis",
    loopback: true,
    signingKeys: new Map(),
    revocations: new Map(),
    ready: () => true,
    circuits: () => new Map(),
    routes: () => [],
    ...given,
  };
}
