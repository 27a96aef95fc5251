import { fileURLToPath } from "node:url";
import type { PeerName } from "../peers/index.ts";
import type { Peer, PeerPlace, RunningPeer } from "../peers/peer.ts";
import { findFreePort, waitForPort } from "../network.ts";
import { shopHeaders, shopPath } from "../shop.ts";
import { measureIdleConnections } from "./idle-connections.ts";
import { runLoad } from "./load.ts";
import { measureSlowReader } from "./slow-reader.ts";

export interface MemoryFigures {
  readonly idleConnectionBytes: number;
  /** Undefined where only a full run measures it. */
  readonly slowReaderGrowthBytes: number | undefined;
}

export interface MemoryOptions {
  readonly place: Omit<PeerPlace, "servicePort" | "label">;
  readonly loadCpu: number | undefined;
  readonly idleConnections: number;
  /** Whether only Portcullis, which has a bound to keep, serves the slow reader. */
  readonly quick: boolean;
  readonly say: (line: string) => void;
}

/**
 * Measures memory, each figure on a fresh process that one second of load has warmed up: in one that has served
 * for minutes, room left over from before would hide what grows.
 */
export async function measureMemory(
  peers: readonly Peer<PeerName>[],
  options: MemoryOptions,
): Promise<ReadonlyMap<PeerName, MemoryFigures>> {
  const { place, loadCpu, say } = options;
  const servicePort = await findFreePort();
  const service = place.processes.start({
    name: "streaming-service",
    command: process.execPath,
    args: [fileURLToPath(new URL("../services/streaming.ts", import.meta.url))],
    cpu: loadCpu,
    env: { SERVICE_PORT: String(servicePort) },
    channel: true,
  });
  await waitForPort(place.processes, service, "streaming-service", servicePort);
  const measured = new Map<PeerName, MemoryFigures>();
  for (const peer of peers) {
    const measureFresh = async (
      what: string,
      measure: (running: RunningPeer) => Promise<number>,
    ): Promise<number> => {
      const running = await peer.start({ ...place, servicePort, label: `${peer.name}-${what}` });
      await runLoad(place.processes, {
        wrk: place.tools.wrk,
        cpu: loadCpu,
        port: running.port,
        path: shopPath,
        headers: shopHeaders(),
        seconds: 1,
      });
      const figure = await measure(running);
      await running.stop();
      return figure;
    };
    const idleConnectionBytes = await measureFresh("idle", (running) =>
      measureIdleConnections(running, options.idleConnections),
    );
    say(`memory ${peer.name.padEnd(20)} ${(idleConnectionBytes / 1024).toFixed(1)} KB an idle connection`);
    let slowReaderGrowthBytes: number | undefined;
    if (!options.quick || peer.software === "portcullis") {
      slowReaderGrowthBytes = await measureFresh("slow-reader", measureSlowReader);
      say(
        `memory ${peer.name.padEnd(20)} ${(slowReaderGrowthBytes / 1024 ** 2).toFixed(1)} MB more for a slow reader`,
      );
    }
    measured.set(peer.name, { idleConnectionBytes, slowReaderGrowthBytes });
  }
  await place.processes.stop(service);
  return measured;
}
