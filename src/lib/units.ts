const DURATION_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};
const SIZE_BYTES: Readonly<Record<string, number>> = { b: 1, kb: 1024, mb: 1024 ** 2, gb: 1024 ** 3 };

/** Milliseconds of `"250ms"`, `"30s"`, `"1.5m"`, `"1h"`, `"1d"`; undefined for anything else. */
export function parseDuration(text: string): number | undefined {
  return parse(text, /^(\d{1,9}(?:\.\d{1,3})?)(ms|s|m|h|d)$/, DURATION_MS);
}

/** Bytes of `"512b"`, `"8kb"`, `"10mb"`, `"1gb"` (powers of 1024, any case); undefined for anything else. */
export function parseSize(text: string): number | undefined {
  return parse(text.toLowerCase(), /^(\d{1,9}(?:\.\d{1,3})?)(b|kb|mb|gb)$/, SIZE_BYTES);
}

function parse(text: string, pattern: RegExp, units: Readonly<Record<string, number>>): number | undefined {
  const match = pattern.exec(text);
  if (match === null) return undefined;
  return Math.round(Number(match[1]) * units[match[2]!]!);
}
