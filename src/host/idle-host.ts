import { systemClock } from "./clock.ts";
import type { Host } from "./host.ts";
import { noOutbound } from "./outbound.ts";
import { systemRandom } from "./random.ts";
import { systemNetwork } from "./sockets.ts";

/** The machine for what is made to see whether it can be, and never asked for anything. */
export const idleHost: Host = {
  clock: systemClock,
  random: systemRandom,
  network: systemNetwork,
  outbound: noOutbound,
  log: { info() {}, warn() {}, error() {} },
};
