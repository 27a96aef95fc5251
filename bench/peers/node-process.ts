import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { findFreePort, waitForPort } from "../network.ts";
import { processId } from "../processes.ts";
import type { PeerPlace, RunningPeer } from "./peer.ts";

const patienceMs = 10_000;

/** Starts a file of bench/gateways, of this checkout or of the one whose bench is `bench`, with the Node.js that runs this. */
export async function startNodeGateway(
  { processes, gatewayCpu, servicePort, label }: PeerPlace,
  file: string,
  env: Record<string, string> = {},
  bench = new URL("../", import.meta.url),
): Promise<RunningPeer> {
  const port = await findFreePort();
  const child = processes.start({
    name: label,
    command: process.execPath,
    args: [
      "--conditions=portcullis-source",
      "--expose-gc",
      fileURLToPath(new URL(`gateways/${file}`, bench)),
    ],
    cpu: gatewayCpu,
    env: { ...env, NODE_ENV: "production", GATEWAY_PORT: String(port), SERVICE_PORT: String(servicePort) },
    channel: true,
  });
  await waitForPort(processes, child, label, port);
  return {
    port,
    pid: processId(child),
    collectGarbage: async () => {
      const collected = once(child, "message", { signal: AbortSignal.timeout(patienceMs) });
      child.send("collect");
      await collected;
    },
    stop: () => processes.stop(child),
  };
}
