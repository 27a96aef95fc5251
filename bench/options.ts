import { parseArgs } from "node:util";
import { peerNames, peers as allPeers } from "./peers/index.ts";
import type { PeerName } from "./peers/index.ts";

export interface BenchOptions {
  readonly quick: boolean;
  readonly check: boolean;
  readonly help: boolean;
  readonly peers: readonly PeerName[];
  /** True when `--peers` left some out: such a run prints its figures and writes no file. */
  readonly partial: boolean;
  readonly rounds: number;
  /** Length of one measured window. The kernel counts CPU in ticks of 10 ms, so 3 s is 1 % exact or better. */
  readonly windowSeconds: number;
  /** V8 compiles in the first seconds of load, and takes the gateway's core for it. */
  readonly warmUpSeconds: number;
  readonly idleConnections: number;
}

/** The command line was wrong: the message says how, and the exit code is 2. */
export class UsageError extends Error {}

export const helpText = `Usage: npm run bench -- [options]

Measures Portcullis beside nginx, HAProxy, fast-gateway and Fastify in one interleaved run, and
writes docs/benchmarks.md and bench/results.json.

Options:
  --quick         short windows, fewer connections, no rows with access logs: two to three minutes instead of ten
  --peers <list>  only these, separated by commas; prints the figures and writes no file
  --rounds <n>    measured rounds for each peer (default 7, with --quick 5)
  --check         exit 1 when a bound is missed (without it a measurement always exits 0)
  --help          this text

Peers:
  ${peerNames.join("\n  ")}

Examples:
  npm run bench                                              the full run
  npm run bench -- --quick --check                           a fast verdict
  npm run bench -- --peers portcullis-shop,haproxy-shop      two peers, nothing written
  npm run bench -- --quick --rounds 3 --peers nginx-plain    one peer, three rounds
`;

export function parseOptions(args: readonly string[]): BenchOptions {
  const { quick, check, help, peers: list, rounds: roundsText } = readFlags(args);
  const everyone = allPeers.filter((peer) => !quick || !peer.accessLog).map((peer) => peer.name);
  const peers = list === undefined ? everyone : parsePeers(list);
  const rounds = roundsText === undefined ? (quick ? 5 : 7) : Number(roundsText);
  if (!Number.isInteger(rounds) || rounds < 1 || rounds > 100) {
    throw new UsageError(`--rounds wants a whole number from 1 to 100, not "${roundsText}"`);
  }
  return {
    quick,
    check,
    help,
    peers,
    partial: everyone.some((name) => !peers.includes(name)),
    rounds,
    windowSeconds: quick ? 3 : 6,
    warmUpSeconds: quick ? 3 : 10,
    idleConnections: quick ? 2000 : 5000,
  };
}

function readFlags(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        quick: { type: "boolean", default: false },
        check: { type: "boolean", default: false },
        help: { type: "boolean", default: false },
        peers: { type: "string" },
        rounds: { type: "string" },
      },
    }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}

function parsePeers(list: string): readonly PeerName[] {
  const wanted = list.split(",").filter((name) => name !== "");
  const unknown = wanted.filter((name) => !peerNames.some((known) => known === name));
  if (unknown.length > 0 || wanted.length === 0) {
    throw new UsageError(`--peers knows ${peerNames.join(", ")}; not "${unknown.join(", ")}"`);
  }
  return peerNames.filter((name) => wanted.includes(name));
}
