/**
 * Memory for bytes that must wait, used again: a flood of bytes that wait would else leave megabytes behind in every turn,
 * which V8 collects with its major collector (5 ms a time, in which nobody is served; the p99 of others was ten times as long).
 */
const SMALLEST_BYTES = 4 * 1024;
const LARGEST_BYTES = 64 * 1024;
/** Of each size. */
const MOST_SPARES = 32;
const spares = new Map<number, Buffer[]>();
for (let bytes = SMALLEST_BYTES; bytes <= LARGEST_BYTES; bytes *= 2) spares.set(bytes, []);

/** A buffer of at least `length` bytes, whose content is arbitrary. */
export function borrowBuffer(length: number): Buffer {
  if (length < SMALLEST_BYTES / 2 || length > LARGEST_BYTES) return Buffer.allocUnsafe(length);
  let bytes = SMALLEST_BYTES;
  while (bytes < length) bytes *= 2;
  return spares.get(bytes)!.pop() ?? Buffer.allocUnsafeSlow(bytes);
}

/** Gives back what was borrowed: once, and by the only one who has it. What is not given back is collected like any other. */
export function giveBackBuffer(buffer: Buffer): void {
  // A piece of a larger one may have such a length, too.
  if (buffer.byteLength !== buffer.buffer.byteLength) return;
  const kept = spares.get(buffer.length);
  if (kept !== undefined && kept.length < MOST_SPARES) kept.push(buffer);
}
