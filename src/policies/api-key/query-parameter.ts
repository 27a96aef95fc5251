/** The values of a parameter in a query (with its `?`), as they are written there. */
export function parameterValues(query: string, name: string): string[] {
  const values: string[] = [];
  if (query.length < 2) return values;
  for (const part of query.slice(1).split("&")) if (isNamed(part, name)) values.push(valueOf(part));
  return values;
}

/** The query without that parameter, all else byte for byte as it was; empty when nothing is left. */
export function withoutParameter(query: string, name: string): string {
  if (query === "") return "";
  const kept = query
    .slice(1)
    .split("&")
    .filter((part) => !isNamed(part, name));
  return kept.length === 0 ? "" : `?${kept.join("&")}`;
}

/** By the decoded name, which is what a service reads: an escape must not take a key past who looks for it. */
function isNamed(part: string, name: string): boolean {
  const equals = part.indexOf("=");
  const written = equals === -1 ? part : part.slice(0, equals);
  if (written === name) return true;
  if (!written.includes("%")) return false;
  try {
    return decodeURIComponent(written) === name;
  } catch {
    return false;
  }
}

function valueOf(part: string): string {
  const equals = part.indexOf("=");
  return equals === -1 ? "" : part.slice(equals + 1);
}
