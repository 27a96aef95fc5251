import { skipBlanks, skipBlanksBack } from "./blanks.ts";
import { nodeAddress, type Hop } from "./walk.ts";

/** Reads a hop of X-Forwarded-For: an address, perhaps with its port, between commas and blanks. */
export function readXForwardedHop(list: string, end: number, hop: Hop): void {
  hop.start = lastMember(list, end);
  const from = skipBlanks(list, hop.start, end);
  hop.address = nodeAddress(list, from, skipBlanksBack(list, from, end));
}

/** The last member of a list of fields that have no quotes: what the nearest proxy has set. */
export function lastValue(list: string): string {
  const from = skipBlanks(list, lastMember(list, list.length), list.length);
  return list.slice(from, skipBlanksBack(list, from, list.length));
}

/** Where the member that ends at `end` begins. */
function lastMember(list: string, end: number): number {
  return end === 0 ? 0 : list.lastIndexOf(",", end - 1) + 1;
}
