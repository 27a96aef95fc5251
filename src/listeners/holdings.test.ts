import assert from "node:assert/strict";
import { test } from "node:test";
import { Holdings, type Holder } from "./holdings.ts";

const cases: readonly {
  name: string;
  /** Holder and amount, one change after another. */
  changes: readonly (readonly [string, number])[];
  gaveWay: string;
}[] = [
  {
    name: "the bound itself may be held",
    changes: [
      ["a", 6],
      ["b", 4],
    ],
    gaveWay: "",
  },
  {
    name: "past it the oldest gives way",
    changes: [
      ["a", 1],
      ["b", 9],
      ["c", 1],
    ],
    gaveWay: "a",
  },
  {
    name: "as many as it takes",
    changes: [
      ["a", 2],
      ["b", 2],
      ["c", 6],
      ["d", 4],
    ],
    gaveWay: "ab",
  },
  {
    name: "what changes is not the oldest",
    changes: [
      ["a", 5],
      ["b", 5],
      ["a", 4],
      ["c", 2],
    ],
    gaveWay: "b",
  },
  {
    name: "what is given back counts no more",
    changes: [
      ["a", 10],
      ["a", 0],
      ["b", 10],
    ],
    gaveWay: "",
  },
  {
    name: "one alone may be too much",
    changes: [
      ["a", 1],
      ["b", 11],
    ],
    gaveWay: "ab",
  },
  {
    name: "who gave way may come again",
    changes: [
      ["a", 10],
      ["b", 1],
      ["a", 9],
      ["c", 1],
    ],
    gaveWay: "ab",
  },
];
for (const { name, changes, gaveWay } of cases) {
  test(name, () => {
    const holdings = new Holdings(10);
    let order = "";
    const holders = new Map<string, Holder>();
    const holderOf = (id: string): Holder => {
      const holder = holders.get(id) ?? { giveWay: () => void (order += id) };
      holders.set(id, holder);
      return holder;
    };
    for (const [id, amount] of changes) holdings.set(holderOf(id), amount);
    assert.equal(order, gaveWay);
  });
}
