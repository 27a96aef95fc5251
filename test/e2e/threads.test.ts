/** Threads that compile one config over one store of state: limits are exact across them, and what a dead one held is given back. */
import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { parseConfig } from "../../src/config/parse.ts";
import type { Config } from "../../src/config/schema.ts";
import { StateStore, type SharedState } from "../../src/state/store.ts";
import { simulatedHost } from "../../src/simulation/simulated-host.ts";
import { Concurrency } from "../../src/zones/concurrency.ts";
import { Gateway } from "../../src/gateway/gateway.ts";

const LIMIT = 60;
const HELD = 5;
const KILLED = 4;

/** Functions cannot be sent: each thread makes the config itself. */
function config(): Config {
  const held = { algorithm: "concurrency", limit: HELD, key: "all" } as const;
  return parseConfig({
    routes: [
      {
        path: "/counted",
        policies: { rateLimit: { limit: LIMIT, window: "1m", key: "all" } },
        handler: { respond: { status: 204 } },
      },
      { path: "/held", policies: { rateLimit: held }, handler: { fetch: () => new Promise(() => {}) } },
    ],
  });
}

/** What a thread does, and how often; in the end, or once it goes on for ever, it says how many requests were admitted. */
interface Work {
  readonly shared: SharedState;
  readonly what: keyof typeof WORKS;
  readonly times: number;
}

interface Asked {
  readonly gateway: Gateway;
  readonly state: StateStore;
  readonly times: number;
  readonly say: (admitted: number) => void;
}

const WORKS = {
  async count({ gateway, times, say }: Asked): Promise<void> {
    let admitted = 0;
    for (let i = 0; i < times; i++) if ((await statusOf(gateway, "/counted")) === 204) admitted++;
    say(admitted);
  },
  hold({ gateway, times, say }: Asked): void {
    for (let i = 0; i < times; i++) void statusOf(gateway, "/held");
    setImmediate(() => say(times));
  },
  hammer({ state, times, say }: Asked): void {
    const held = heldLimit(state);
    for (let i = 0; ; i++) {
      if (i === times) say(i);
      const entry = held.take();
      if (entry !== 0) held.giveBack(entry);
    }
  },
};

/** A limit on what is under way, of one key, as the policy asks it. */
function heldLimit(store: StateStore) {
  const state = store.borrow().at("hammered");
  const rule = new Concurrency(HELD, state.ledger);
  const table = state.limitTable(["hammered"], 10, rule);
  return {
    take(): number {
      state.ledger?.begin(table.number, 7, 7, 1);
      const admitted = table.take(7, 7, 0, rule) === "admitted";
      return state.ledger?.end(admitted) ?? (admitted ? 1 : 0);
    },
    giveBack(entry: number): void {
      if (state.ledger !== undefined) state.ledger.entry = entry;
      if (table.giveBack(7, 7, 0, rule, 1, 0)) state.ledger?.discard(entry);
    },
  };
}

async function statusOf(gateway: Gateway, path: string): Promise<number> {
  const response = await gateway.inject(new Request(`http://a${path}`));
  await response.text();
  return response.status;
}

function open(shared?: SharedState): { gateway: Gateway; state: StateStore } {
  const host = simulatedHost();
  const state = new StateStore(host, shared);
  return { gateway: new Gateway(config(), host, { state }), state };
}

interface Thread {
  readonly number: number;
  /** What it says. */
  readonly told: Promise<number>;
  kill(): Promise<unknown>;
}

function begin(t: TestContext, state: StateStore, what: keyof typeof WORKS, times: number): Thread {
  const shared = state.share();
  const work: Work = { shared, what, times };
  const worker = new Worker(new URL(import.meta.url), { workerData: work });
  const told = new Promise<number>((resolve, reject) => {
    worker.once("message", resolve);
    worker.once("error", reject);
  });
  const kill = (): Promise<unknown> => worker.terminate();
  t.after(kill);
  return { number: shared.thread, told, kill };
}

/** How many requests more may be under way. */
async function room(gateway: Gateway): Promise<number> {
  let count = 0;
  for (;;) {
    const answer = statusOf(gateway, "/held");
    const given = await Promise.race([answer, nextTurns(5)]);
    if (given === 429) return count;
    count++;
  }
}

async function nextTurns(turns: number): Promise<void> {
  for (let i = 0; i < turns; i++) await new Promise((resolve) => setImmediate(resolve));
}

if (isMainThread) {
  test("a limit is exact across threads, each of which has compiled the config itself", async (t) => {
    const { gateway, state } = open();
    const threads = [begin(t, state, "count", LIMIT), begin(t, state, "count", LIMIT)];
    const told = await Promise.all(threads.map((thread) => thread.told));
    assert.equal(told[0]! + told[1]!, LIMIT);
    assert.equal(await statusOf(gateway, "/counted"), 429);
    await gateway.close();
  });

  test("what requests of a dead thread held is given back by its number, and no more than that", async (t) => {
    const { gateway, state } = open();
    const [one, other] = [begin(t, state, "hold", 2), begin(t, state, "hold", 1)];
    await Promise.all([one.told, other.told]);
    await one.kill();
    assert.equal(await statusOf(gateway, "/counted"), 204);
    state.releaseHeldBy(one.number);
    assert.equal(await room(gateway), HELD - 1, "the other thread lives");
    await other.kill();
    assert.equal(await room(gateway), 0);
    state.releaseHeldBy(other.number);
    assert.equal(await room(gateway), 1);
  });

  test("a thread that dies in the middle of its work leaves nothing taken, and no lock", async (t) => {
    const { gateway, state } = open();
    const held = heldLimit(state);
    const threads = Array.from({ length: KILLED }, (_, i) => begin(t, state, "hammer", 1 + 40 * i));
    for (const thread of threads) {
      await thread.told;
      await thread.kill();
      state.releaseHeldBy(thread.number);
    }
    const taken = Array.from({ length: HELD + 1 }, () => held.take());
    assert.deepEqual(taken, [...Array.from({ length: HELD }, () => 1), 0]);
    await gateway.close();
  });
} else {
  const { shared, what, times } = workerData as Work;
  const { gateway, state } = open(shared);
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
  await WORKS[what]({ gateway, state, times, say: (admitted) => parentPort!.postMessage(admitted) });
}
