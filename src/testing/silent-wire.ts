import type { Wire } from "../host/host.ts";

/** A wire that takes everything, and of which nothing comes. */
export function silentWire(remoteAddress: string, destroy: () => void = () => {}): Wire {
  return {
    remoteAddress,
    remotePort: 1,
    pendingBytes: 0,
    sends: 0,
    writeText() {},
    writeBytes() {},
    pause() {},
    resume() {},
    end() {},
    destroy,
    reset() {},
  };
}
