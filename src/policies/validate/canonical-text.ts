/** One text for each JSON value, the same for those that are equal (JSON Schema 2020-12, 4.2.2): members in one order. */
export function canonicalText(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value);
  // Not as JSON: a number beyond all bounds would be null there.
  if (typeof value !== "object" || value === null) return String(value);
  if (Array.isArray(value)) return `[${value.map(canonicalText).join(",")}]`;
  const members = value as Readonly<Record<string, unknown>>;
  const texts = Object.keys(members)
    .toSorted()
    .map((name) => `${JSON.stringify(name)}:${canonicalText(members[name])}`);
  return `{${texts.join(",")}}`;
}
