import { setFlagsFromString } from "node:v8";

/**
 * Keeps new objects in V8's nursery, where the collector frees a request's garbage for nothing.
 *
 * V8 watches where in the code objects are made that live on, and makes the next ones from there old from the start. A
 * thousand clients whose bodies come a byte at a time are enough for it to learn that of the objects of every request: from
 * then on each of those is garbage among the old, the young that it points to are copied and become old too, and collections
 * that took 0.8 ms take 5 to 9, for as long as there is load and long after the attacker has gone. See
 * docs/decisions/0010-new-objects-stay-young.md.
 */
export function keepNewObjectsYoung(): void {
  setFlagsFromString("--no-allocation-site-pretenuring");
}
