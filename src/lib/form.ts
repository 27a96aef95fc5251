/**
 * Reads `application/x-www-form-urlencoded` parameters, strictly: undefined for a bad escape, for
 * characters that must be escaped, and for a parameter
 * that occurs twice (RFC 6749, 3.2). A parameter without a value counts as left out (RFC 6749, 3.2).
 */
export function parseForm(text: string): ReadonlyMap<string, string> | undefined {
  if (/[^\x21-\x7e]/.test(text)) return undefined;
  const form = new Map<string, string>();
  const seen = new Set<string>();
  for (const pair of text.split("&")) {
    if (pair === "") continue;
    const equals = pair.indexOf("=");
    const name = decodeFormText(equals === -1 ? pair : pair.slice(0, equals));
    const value = decodeFormText(equals === -1 ? "" : pair.slice(equals + 1));
    if (name === undefined || value === undefined || seen.has(name)) return undefined;
    seen.add(name);
    if (value !== "") form.set(name, value);
  }
  return form;
}

/** Decodes one name or value of a form; undefined for a bad escape. */
export function decodeFormText(text: string): string | undefined {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    return undefined;
  }
}
