/** The smallest part of a text, and of its cuts, that `fails`, as far as leaving out pieces leads. */
export function shrink(
  text: string,
  cuts: readonly number[],
  fails: (text: string, cuts: readonly number[]) => boolean,
): [text: string, cuts: readonly number[]] {
  let best = text;
  let kept = cuts;
  for (const fewer of [[], ...cuts.map((cut) => [cut])]) {
    if (!fails(best, fewer)) continue;
    kept = fewer;
    break;
  }
  for (let size = Math.ceil(best.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let at = 0; at < best.length;) {
      const shorter = best.slice(0, at) + best.slice(at + size);
      const moved = kept.map((cut) => (cut > at ? Math.max(at, cut - size) : cut));
      if (fails(shorter, moved)) {
        best = shorter;
        kept = moved;
      } else {
        at += size;
      }
    }
  }
  return [best, kept];
}
