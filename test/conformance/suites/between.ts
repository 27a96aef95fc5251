import { haproxyPlain } from "../../../bench/peers/haproxy.ts";
import { nginxPlain } from "../../../bench/peers/nginx.ts";
import { Processes } from "../../../bench/processes.ts";
import { findProgram } from "../../../bench/tools.ts";

/** A server that stands between the gateway and the service, and reads once more what the gateway writes. */
export interface Between {
  /** Starts it in front of the service on `port`, and tells its own port. */
  readonly start: (port: number) => Promise<number>;
  stop(): Promise<void>;
}

export function isBetween(name: string): boolean {
  return (name === "nginx" || name === "haproxy") && findProgram(name) !== undefined;
}

/** @param folder takes what the program writes. */
export async function startBetween(name: string, folder: string): Promise<Between> {
  const program = findProgram(name);
  if (program === undefined) throw new Error(`${name} is not installed`);
  const peer = name === "nginx" ? nginxPlain : haproxyPlain;
  const processes = new Processes(folder);
  const tools = { nginx: program, haproxy: program, wrk: "" };
  return {
    start: async (servicePort) => {
      const { port } = await peer.start({
        processes,
        tools,
        gatewayCpu: undefined,
        servicePort,
        label: name,
      });
      return port;
    },
    stop: () => processes.stopAll(),
  };
}
