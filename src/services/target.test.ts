/** What a service knows of its targets: how much each has in flight, and which refused a connection. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Exchange } from "../core/exchange.ts";
import { Deadlines } from "../host/deadlines.ts";
import type { Network, WirePeer } from "../host/host.ts";
import { EventLog } from "../observe/event-log.ts";
import { testState } from "../testing/around.ts";
import { testExchange } from "../testing/exchange.ts";
import { SimulatedClock, simulatedHost } from "../testing/simulated-host.ts";
import { silentWire } from "../testing/silent-wire.ts";
import { forward } from "./forward.ts";
import { serviceSchema } from "./schema.ts";
import { Service } from "./service.ts";
import { NEVER } from "./target.ts";

const OK = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

/**
 * What happens, in order: `ask`s are numbered from 0, and so are the connections to targets, in the order in which they are
 * opened. `facts` are those of each target after it: in flight, and whether it refused.
 */
type Step = readonly [
  action: "ask" | "connect" | "refuse" | "answer" | "begin" | "end" | "close" | "cancel" | "wait",
  number: number,
  ...facts: (number | "refused")[],
];

interface Case {
  readonly name: string;
  readonly targets?: number;
  readonly pool?: { maxConnections?: number; maxQueued?: number };
  readonly steps: readonly Step[];
}

const cases: readonly Case[] = [
  {
    name: "an attempt is in flight from its choice to the end of the answer",
    steps: [
      ["ask", 0, 1],
      ["connect", 0, 1],
      ["begin", 0, 1],
      ["end", 0, 0],
    ],
  },
  {
    name: "two at once, each at its target",
    targets: 2,
    steps: [
      ["ask", 0, 1, 0],
      ["ask", 1, 1, 1],
      ["connect", 1, 1, 1],
      ["answer", 1, 1, 0],
      ["connect", 0, 1, 0],
      ["answer", 0, 0, 0],
    ],
  },
  {
    name: "one that waits for a connection counts",
    pool: { maxConnections: 1 },
    steps: [
      ["ask", 0, 1],
      ["ask", 1, 2],
      ["connect", 0, 2],
      ["answer", 0, 1],
      ["answer", 0, 0],
    ],
  },
  {
    name: "one that may not wait does not",
    pool: { maxConnections: 1, maxQueued: 0 },
    steps: [
      ["ask", 0, 1],
      ["ask", 1, 1],
    ],
  },
  {
    name: "one that waits in vain is over",
    pool: { maxConnections: 1 },
    steps: [
      ["ask", 0, 1],
      ["connect", 0, 1],
      ["ask", 1, 2],
      ["wait", 5100, 1],
    ],
  },
  {
    name: "one that is cancelled while it waits is over",
    pool: { maxConnections: 1 },
    steps: [
      ["ask", 0, 1],
      ["ask", 1, 2],
      ["cancel", 1, 1],
    ],
  },
  {
    name: "one that is cancelled while its connection is opened is over, once",
    steps: [
      ["ask", 0, 1],
      ["cancel", 0, 0],
      ["connect", 0, 0],
    ],
  },
  {
    name: "one that was cancelled before its connection was refused is over, and the refusal counts",
    steps: [
      ["ask", 0, 1],
      ["cancel", 0, 0],
      ["refuse", 0, 0, "refused"],
    ],
  },
  {
    name: "one that is cancelled in its answer is over",
    steps: [
      ["ask", 0, 1],
      ["connect", 0, 1],
      ["begin", 0, 1],
      ["cancel", 0, 0],
    ],
  },
  {
    name: "a refused connection moves the attempt to the next target",
    targets: 2,
    steps: [
      ["ask", 0, 1, 0],
      ["refuse", 0, 0, "refused", 1],
      ["connect", 1, 0, "refused", 1],
      ["answer", 1, 0, "refused", 0],
    ],
  },
  {
    name: "a connection that is not open in time is one that was refused",
    steps: [
      ["ask", 0, 1],
      ["wait", 2100, 0, "refused"],
    ],
  },
  {
    name: "no connection, then one: the target has not refused any more",
    steps: [
      ["ask", 0, 1],
      ["refuse", 0, 0, "refused"],
      ["ask", 1, 1, "refused"],
      ["connect", 1, 1],
      ["answer", 1, 0],
    ],
  },
  {
    name: "a connection that breaks is no refusal",
    steps: [
      ["ask", 0, 1],
      ["connect", 0, 1],
      ["begin", 0, 1],
      ["close", 0, 0],
    ],
  },
  {
    name: "an answer that does not come is no refusal",
    steps: [
      ["ask", 0, 1],
      ["connect", 0, 1],
      ["wait", 30_100, 0],
    ],
  },
  {
    name: "an attempt that goes over a new connection, as the kept one is closed, counts once",
    steps: [
      ["ask", 0, 1],
      ["connect", 0, 1],
      ["answer", 0, 0],
      ["ask", 1, 1],
      ["close", 0, 1],
      ["connect", 1, 1],
      ["answer", 1, 0],
    ],
  },
];

for (const { name, targets = 1, pool = {}, steps } of cases) {
  test(`targets: ${name}`, () => {
    const peers: WirePeer[] = [];
    const network: Network = {
      connect: (_address, peer) => {
        peers.push(peer);
        const wire = { ...silentWire("192.0.2.1"), writeText: () => wire.sends++, sends: 0 };
        return wire;
      },
      listen: () => assert.fail("listened"),
    };
    const { clock } = testExchange().snapshot.host;
    assert.ok(clock instanceof SimulatedClock);
    const host = { ...simulatedHost({ network }), clock };
    const config = serviceSchema.parse({
      targets: Array.from({ length: targets }, (_, i) => `http://target-${i}.test`),
      pool,
    });
    const borrowing = testState(host);
    const deadlines = new Deadlines(clock);
    const service = new Service("test", config, host, new EventLog(host), deadlines, borrowing.at());
    const asked: Exchange[] = [];
    const receive = (connection: number, text: string): void =>
      peers[connection]!.received(Buffer.from(text + " "), text.length);
    const actions: Record<Step[0], (number: number) => void> = {
      ask: () => {
        const x = testExchange();
        asked.push(x);
        forward(x, service);
      },
      connect: (number) => peers[number]!.connected(),
      refuse: (number) => peers[number]!.closed(Object.assign(new Error("no"), { code: "ECONNREFUSED" })),
      begin: (number) => receive(number, OK.slice(0, -1)),
      end: (number) => receive(number, OK.slice(-1)),
      answer: (number) => receive(number, OK),
      close: (number) => peers[number]!.closed(undefined),
      cancel: (number) => asked[number]!.source!.cancel(),
      wait: (ms) => clock.advance(ms),
    };
    for (const [action, number, ...facts] of steps) {
      actions[action](number);
      const seen = service.targets.flatMap(({ inFlight, failedAtMs }) =>
        failedAtMs === NEVER ? [inFlight] : [inFlight, "refused"],
      );
      assert.deepEqual(seen, facts, `after ${action} ${number}`);
    }
    void borrowing.release();
  });
}
