import type { Around, GatewayView } from "../contract/around.ts";
import { parseSections, readSections } from "../config/sections.ts";
import { EventLog } from "../observe/event-log.ts";
import { simulatedHost } from "./simulated-host.ts";

type Given = Partial<Omit<Around, "gateway">> & { readonly gateway?: Partial<GatewayView> };

/** What stands around a policy or handler under test: a ready gateway on loopback without services and routes, whose log hears
 * of events, unless told. */
export function testAround(given: Given = {}): Around {
  const { host = simulatedHost() } = given;
  return {
    host,
    events: new EventLog(host),
    place: [],
    pattern: "/*",
    ...readSections(parseSections({}), { host }, []),
    ...given,
    gateway: {
      name: "portcullis",
      loopback: true,
      ready: () => true,
      circuits: () => new Map(),
      routes: () => [],
      ...given.gateway,
    },
  };
}
