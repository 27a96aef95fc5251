/** A hint that names the candidate that `given` was probably meant to be, or else the few that there are. */
export function suggest(given: string, candidates: readonly string[]): string | undefined {
  let closest = "";
  let distance = Math.max(1, Math.floor(given.length / 3)) + 1;
  for (const candidate of candidates) {
    const next = countEdits(given.toLowerCase(), candidate.toLowerCase());
    if (next < distance) [closest, distance] = [candidate, next];
  }
  if (closest !== "") return `did you mean ${JSON.stringify(closest)}?`;
  return candidates.length > 0 && candidates.length <= 20 ? `there are: ${candidates.join(", ")}` : undefined;
}

/** Insertions, deletions, replacements and swaps of neighbours (optimal string alignment distance). */
function countEdits(from: string, to: string): number {
  // Far too different in length to be a slip, and a bound on the work for hostile input.
  if (Math.abs(from.length - to.length) > 3 || from.length > 100) return Number.POSITIVE_INFINITY;
  let before: number[] = [];
  let previous = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let row = 1; row <= from.length; row++) {
    const current = [row];
    for (let column = 1; column <= to.length; column++) {
      const same = from[row - 1] === to[column - 1];
      let edits = Math.min(
        previous[column]! + 1,
        current[column - 1]! + 1,
        previous[column - 1]! + (same ? 0 : 1),
      );
      if (row > 1 && column > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1]) {
        edits = Math.min(edits, before[column - 2]! + 1);
      }
      current.push(edits);
    }
    [before, previous] = [previous, current];
  }
  return previous[to.length]!;
}
