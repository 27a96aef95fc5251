/** The middle value; the mean of the two middle ones for an even count. Throws on an empty list. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const upper = sorted[sorted.length >> 1];
  const lower = sorted[(sorted.length - 1) >> 1];
  if (upper === undefined || lower === undefined) throw new RangeError("median of no values");
  return (upper + lower) / 2;
}

/**
 * The median over the rounds of a's figure divided by b's figure in the same round. What the machine does in a
 * round befalls both, so this is steadier than the ratio of the two medians.
 */
export function medianOfRatios(a: readonly number[], b: readonly number[]): number {
  if (a.length !== b.length) throw new RangeError(`${a.length} rounds against ${b.length}`);
  return median(a.map((value, round) => value / (b[round] ?? Number.NaN)));
}

export function ratioOfMedians(a: readonly number[], b: readonly number[]): number {
  return median(a) / median(b);
}
