import type { Exchange } from "../core/exchange.ts";
import { parsePattern } from "../router/pattern.ts";

/** What a service gets instead of the request's own path, where the config says so: `stripped` is the prefix that is taken off. */
export function servicePathOf(
  rewrite: string | undefined,
  stripped: string,
): ((x: Exchange) => string) | undefined {
  if (rewrite !== undefined) return rewritten(rewrite);
  return stripped === "" ? undefined : withoutPrefix(stripped);
}

/** Takes a group's prefix off the path: as many segments, since a request may write them otherwise than the config. */
function withoutPrefix(prefix: string): (x: Exchange) => string {
  const segments = prefix.split("/").length - 1;
  return (x) => {
    const { path } = x.request;
    let end = 0;
    for (let i = 0; i < segments && end !== -1; i++) end = path.indexOf("/", end + 1);
    return end === -1 ? "/" : path.slice(end);
  };
}

/** Puts a route's parameters into another path. */
function rewritten(template: string): (x: Exchange) => string {
  const parsed = parsePattern(template);
  if (parsed.problem !== undefined) throw new Error(`the rewrite ${template} should have been refused`);
  const { segments } = parsed;
  return (x) => {
    let path = "";
    for (const segment of segments) {
      if (segment.kind === "literal") path += `/${segment.text}`;
      // Parameters were decoded; encoded again, none of them can add a segment or a query.
      else if (segment.kind === "param") path += `/${encodeURIComponent(x.params[segment.name] ?? "")}`;
      else path += `/${(x.params["*"] ?? "").split("/").map(encodeURIComponent).join("/")}`;
    }
    return path === "" ? "/" : path;
  };
}
