import assert from "node:assert/strict";
import { test } from "node:test";
import { simulatedHost } from "../simulation/simulated-host.ts";
import { Concurrency } from "../zones/concurrency.ts";
import { FixedWindow, windowsOf } from "../zones/fixed-window.ts";
import { SlidingLog } from "../zones/sliding-log.ts";
import { StateStore, type Borrowing } from "./store.ts";

const rule = new FixedWindow(2, windowsOf(1000));

const limit =
  (place: string, name: string, maxKeys = 10, of = rule as SlidingLog | FixedWindow) =>
  (state: Borrowing) =>
    state.at(place).limitTable([name], maxKeys, of);
const zone =
  (name: string, entries = 10) =>
  (state: Borrowing) =>
    state.at().revocationTable(name, entries);
const own = (place: string, name: string) => (state: Borrowing) => state.at(place).own([name], () => ({}));
const common = (place: string, name: string) => (state: Borrowing) =>
  state.at(place).common([name], () => ({}));

for (const [what, first, second, same] of [
  ["a limit of one place and name", limit("a", "n"), limit("a", "n"), true],
  ["a limit of another place", limit("a", "n"), limit("b", "n"), false],
  ["a limit of another name", limit("a", "n"), limit("a", "m"), false],
  ["a limit of more keys", limit("a", "n"), limit("a", "n", 11), false],
  ["a limit with larger states", limit("a", "n"), limit("a", "n", 10, new SlidingLog(2, 1000)), false],
  ["a zone", zone("a"), zone("a"), true],
  ["another zone", zone("a"), zone("b"), false],
  ["a zone of more entries", zone("a"), zone("a", 11), false],
  ["something of one place", own("a", "n"), own("a", "n"), true],
  ["something of another place", own("a", "n"), own("b", "n"), false],
  ["something of no place", common("a", "n"), common("b", "n"), true],
  ["another thing of no place", common("a", "n"), common("a", "m"), false],
  ["a thing of no place and one of a place", common("a", "n"), own("a", "n"), false],
] as const) {
  test(`what the next snapshot borrows is ${same ? "what was there" : "new"}: ${what}`, () => {
    const store = new StateStore(simulatedHost());
    const before = store.borrow();
    const was = first(before);
    const after = store.borrow();
    assert.equal(second(after) === was, same);
    assert.equal(store.size, same ? 1 : 2);
    void before.release();
    assert.equal(store.size, 1);
    void after.release();
    assert.equal(store.size, 0);
  });
}

const twice = (borrowing: Borrowing) => [own("a", "n")(borrowing), own("a", "n")(borrowing)];

test("of several that are asked for by one name at one place, each is another, and the next snapshot finds them in that order", () => {
  const store = new StateStore(simulatedHost());
  const [before, after] = [store.borrow(), store.borrow()];
  const were = twice(before);
  assert.notEqual(were[0], were[1]);
  const are = twice(after);
  for (const [i, one] of are.entries()) assert.equal(one, were[i]);
});

test("what nobody borrows any more is closed, once, behind what is of the snapshot alone", async () => {
  const store = new StateStore(simulatedHost());
  const closed: string[] = [];
  const borrow = (name: string): Borrowing => {
    const borrowing = store.borrow();
    for (let i = 0; i < 2; i++)
      borrowing.at().common(
        ["it"],
        () => name,
        (value) => closed.push(`what ${value} made`),
      );
    borrowing.beforeRelease(() => void closed.push(name));
    return borrowing;
  };
  const [one, other] = [borrow("one"), borrow("other")];
  await one.release();
  await one.release();
  assert.deepEqual(closed, ["one"]);
  await other.release();
  assert.deepEqual(closed, ["one", "other", "what one made"]);
});

test("one that cannot be closed keeps none of the others from it, and is told", async () => {
  const store = new StateStore(simulatedHost());
  const borrowing = store.borrow();
  const closed: string[] = [];
  borrowing.at().own(
    ["it"],
    () => "state",
    (value) => void closed.push(value),
  );
  borrowing.beforeRelease(() => {
    throw new Error("no");
  });
  borrowing.beforeRelease(() => void closed.push("another"));
  await assert.rejects(borrowing.release(), /no/);
  assert.deepEqual(closed, ["another", "state"]);
});

test("a state that cannot be closed keeps none of the others from it, and is told", async () => {
  const store = new StateStore(simulatedHost());
  const borrowing = store.borrow();
  const closed: string[] = [];
  for (const name of ["broken", "whole"]) {
    borrowing.at().own(
      [name],
      () => name,
      () => {
        if (name === "broken") throw new Error("no");
        closed.push(name);
      },
    );
  }
  await assert.rejects(borrowing.release(), /no/);
  assert.deepEqual([closed, store.size], [["whole"], 0]);
});

test("another thread finds what is shared, has a number of its own, and makes nothing that would count for itself alone", () => {
  const host = simulatedHost();
  const store = new StateStore(host);
  const borrowing = store.borrow();
  const table = limit("a", "n")(borrowing);
  const revoked = zone("z")(borrowing);
  const shared = structuredClone(store.share());
  const thread = new StateStore(host, shared);
  assert.deepEqual([store.thread, thread.thread, store.share().thread], [1, 2, 3]);
  assert.equal(store.ledger, undefined);
  const there = thread.borrow();
  const same = limit("a", "n")(there);
  for (let i = 0; i < 2; i++) assert.equal(same.take(7, 7, 0, rule), "admitted");
  assert.equal(table.take(7, 7, 0, rule), "refused");
  assert.ok(revoked.add(1, 1, 10, 10, 5));
  assert.equal(zone("z")(there).find(1, 1, 5), 10);
  assert.throws(() => limit("b", "n")(there), /no other thread shares/);
});

/** A limit of three on what is under way, of one key, as the policy asks it. */
function limitOf(of: StateStore) {
  const state = of.borrow().at("a");
  const held = new Concurrency(3, state.ledger);
  const table = state.limitTable(["n"], 10, held);
  return {
    take: (cost = 1): number => {
      state.ledger?.begin(table.number, 7, 0xffff_ffff, cost);
      const verdict = table.take(7, 0xffff_ffff, 0, held, cost);
      return state.ledger?.end(verdict === "admitted") ?? (verdict === "admitted" ? 1 : 0);
    },
    giveBack: (entry: number): void => {
      if (state.ledger !== undefined) state.ledger.entry = entry;
      assert.ok(table.giveBack(7, 0xffff_ffff, 0, held, 1, 0));
      state.ledger?.discard(entry);
    },
  };
}

test("what a thread held is given back by its number, and what others hold is not", () => {
  const host = simulatedHost();
  const store = new StateStore(host);
  const mine = limitOf(store);
  const [one, other] = [store.share(), store.share()].map((shared) => limitOf(new StateStore(host, shared)));
  const entry = one!.take();
  assert.equal(other!.take() > 0 && mine.take() > 0, true);
  assert.equal(one!.take() + other!.take() + mine.take(), 0, "three are held, by one each");
  one!.giveBack(entry);
  assert.ok(one!.take(1) > 0);
  store.releaseHeldBy(2);
  store.releaseHeldBy(2);
  assert.deepEqual([mine.take(), mine.take()], [1, 0]);
  store.releaseHeldBy(3);
  assert.deepEqual([mine.take(), mine.take()], [1, 0]);
});
