import type { HeaderList } from "./headers.ts";

/**
 * Adds `name` to a response's Vary (RFC 9110, 12.5.5) unless it is there already, or `*` is. Without it a cache could
 * give an answer that was made for one client to another.
 */
export function mergeVary(headers: HeaderList, name: string): void {
  const present = headers.joined("vary");
  if (present === undefined) {
    headers.append("vary", name);
    return;
  }
  for (const member of present.toLowerCase().split(",")) {
    const listed = member.trim();
    if (listed === name || listed === "*") return;
  }
  headers.set("vary", `${present}, ${name}`);
}
