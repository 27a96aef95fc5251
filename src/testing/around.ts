import type { Around, GatewayView } from "../contract/around.ts";
import { parseSections, readSections } from "../config/sections.ts";
import type { Host } from "../host/host.ts";
import { EventLog } from "../observe/event-log.ts";
import { StateStore, type Borrowing } from "../state/store.ts";
import { simulatedHost } from "../simulation/simulated-host.ts";

const stores = new WeakMap<Host, StateStore>();
let places = 0;

/** For one snapshot of a host in a test; what is common to all of the host's, it has in common with the others. */
export function testState(host: Host): Borrowing {
  let store = stores.get(host);
  if (store === undefined) stores.set(host, (store = new StateStore(host)));
  return store.borrow();
}

type Given = Partial<Omit<Around, "gateway">> & { readonly gateway?: Partial<GatewayView> };

/** What stands around a policy or handler under test: a ready gateway on loopback without services and routes, whose log hears
 * of events, unless told. */
export function testAround(given: Given = {}): Around {
  const { host = simulatedHost() } = given;
  const state = testState(host).at("test", ++places);
  return {
    host,
    events: new EventLog(host),
    place: [],
    state,
    pattern: "/*",
    ...readSections(parseSections({}), { host, state }, []),
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
