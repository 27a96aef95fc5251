import { parseConfig } from "../config/parse.ts";
import type { Snapshot } from "../core/snapshot.ts";
import { Deadlines } from "../host/deadlines.ts";
import { EventLog } from "../observe/event-log.ts";
import { simulatedHost } from "../simulation/simulated-host.ts";
import { StateStore } from "../state/store.ts";
import { compile } from "../compile/compile.ts";

/** The snapshot of a config as it is written, on a machine of its own that nobody asks. */
export function snapshotOf(config: Parameters<typeof parseConfig>[0]): Snapshot {
  const host = simulatedHost();
  const { snapshot } = compile(parseConfig(config), {
    host,
    events: new EventLog(host),
    deadlines: new Deadlines(host.clock),
    state: new StateStore(host),
    observers: () => [],
    loopback: true,
    ready: () => true,
  });
  return snapshot;
}
