import type { WirePeer } from "./host.ts";

/** For a wire whose events are of no interest: it has been given up, or nobody has taken it yet. */
export const nobody: WirePeer = {
  connected() {},
  received() {},
  ended() {},
  blocked() {},
  drained() {},
  closed() {},
};
