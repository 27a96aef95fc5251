import type { Processes } from "../processes.ts";
import type { Tools } from "../tools.ts";

/** Where and against what a peer is started. */
export interface PeerPlace {
  readonly processes: Processes;
  readonly tools: Tools;
  readonly gatewayCpu: number | undefined;
  readonly servicePort: number;
  /** Tells apart several starts of the same peer in one run. */
  readonly label: string;
}

export interface RunningPeer {
  readonly port: number;
  /** The process that carries the traffic: its CPU time and memory are the peer's. */
  readonly pid: number;
  /** Frees what is garbage, where there is a collector, so that memory is compared and not its timing. */
  collectGarbage(): Promise<void>;
  stop(): Promise<void>;
}

export interface Peer<N extends string = string> {
  readonly name: N;
  readonly title: string;
  readonly software: "portcullis" | "nginx" | "haproxy" | "fast-gateway" | "fastify";
  readonly policies: "none" | "shop";
  /** Writes an access log to a file while it is measured. */
  readonly accessLog: boolean;
  start(place: PeerPlace): Promise<RunningPeer>;
}
