/** Decides whether an Origin field's value is one of the configured origins. */
export type OriginMatcher = (origin: string) => boolean;

/** `origins` as the schema accepts them. */
export function matchOrigins(origins: readonly string[]): OriginMatcher {
  if (origins.includes("*")) return () => true;
  const exact = new Set(origins.filter((origin) => !origin.includes("*")));
  const patterns = origins
    .filter((origin) => origin.includes("*"))
    .map((origin) => {
      const star = origin.indexOf("*");
      return { before: origin.slice(0, star), after: origin.slice(star + 1) };
    });

  return (origin) => {
    if (exact.has(origin)) return true;
    for (const { before, after } of patterns) {
      if (origin.length <= before.length + after.length) continue;
      if (!origin.startsWith(before) || !origin.endsWith(after)) continue;
      // The middle must be host labels alone: `https://evil.test/.example.com` begins and ends right, too.
      if (labels.test(origin.slice(before.length, -after.length))) return true;
    }
    return false;
  };
}

const labels = /^[a-z0-9_-]+(?:\.[a-z0-9_-]+)*$/;
