import type { Machine, Pinning } from "./machine.ts";
import type { MemoryFigures } from "./measure/memory.ts";
import type { RoutingFigures } from "./measure/routing.ts";
import type { Measured } from "./measure/rounds.ts";
import type { PeerName } from "./peers/index.ts";

/** All that one run has found out; the report is made of this and of nothing else. */
export interface Results {
  readonly date: string;
  readonly mode: "full" | "quick";
  readonly rounds: number;
  readonly windowSeconds: number;
  readonly warmUpSeconds: number;
  readonly idleConnections: number;
  readonly machine: Machine;
  readonly pinning: Pinning | undefined;
  readonly versions: Readonly<Record<string, string>>;
  readonly load: Measured<PeerName>;
  readonly memory: ReadonlyMap<PeerName, MemoryFigures>;
  /** Undefined when Portcullis was left out. */
  readonly routing: RoutingFigures | undefined;
}
