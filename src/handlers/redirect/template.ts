import type { Exchange } from "../../core/exchange.ts";

/**
 * Where a redirect goes: an absolute URL or a path, with `{param}` anywhere behind the host, and perhaps `/*` at its end
 * for the rest of the route's path.
 */
export interface LocationTemplate {
  /** Texts around the parameters; one more than there are of these. */
  readonly texts: readonly string[];
  readonly params: readonly string[];
  /** Whether the request's query is added: where `to` has none of its own. */
  readonly takesQuery: boolean;
  /** With its `#`; empty when there is none. */
  readonly fragment: string;
}

const PARAM = /\{([A-Za-z][A-Za-z0-9_-]{0,63})\}|(?<=\/)\*$/g;
const ORIGIN = /^https?:\/\/[^/?#{}@\\]+(?=[/?#]|$)/i;

/** Why `to` is no template; undefined when it is one. */
export function templateProblem(to: string): string | undefined {
  // Anything else could end the Location field, or be read differently by different clients.
  if (!/^[\x21-\x7e]+$/.test(to))
    return "expected printable ASCII characters without blanks: escape others as %XX";
  if (to.includes("\\")) return "browsers read \\ as /: write what you mean";
  if (to.startsWith("//")) return "a location that begins with // names another host: write the scheme";
  if (!to.startsWith("/")) {
    const origin = ORIGIN.exec(to)?.[0];
    if (origin === undefined || !URL.canParse(origin)) {
      return "expected a path that begins with /, or a URL such as https://example.com/{id}, without parameters in its host";
    }
  }
  const [location, fragment] = splitFragment(to);
  if (/[{}]/.test(location.replace(PARAM, "") + fragment)) {
    return "a parameter is written {name}, with letters, digits, _ and -, and stands before a #";
  }
  return undefined;
}

/** Reads `to`, which has no problem. */
export function parseTemplate(to: string): LocationTemplate {
  const [location, fragment] = splitFragment(to);
  const texts: string[] = [];
  const params: string[] = [];
  let from = 0;
  for (const match of location.matchAll(PARAM)) {
    texts.push(location.slice(from, match.index));
    params.push(match[1] ?? "*");
    from = match.index + match[0].length;
  }
  texts.push(location.slice(from));
  return { texts, params, takesQuery: !location.includes("?"), fragment };
}

/** The location for one request. */
export function fillTemplate(template: LocationTemplate, x: Exchange): string {
  const { texts, params } = template;
  let location = texts[0]!;
  for (const [i, name] of params.entries()) {
    const value = x.params[name] ?? "";
    location += (name === "*" ? encodeRest(value) : encodeSegment(value)) + texts[i + 1]!;
  }
  // An empty parameter at the beginning of a path would turn what follows into a host.
  if (location.startsWith("//")) location = location.replace(/^\/+/, "/");
  if (template.takesQuery) location += escapeQuery(x.request.query);
  return location + template.fragment;
}

/** Encoded, a value is no more than one segment: it has no slash, backslash, question mark or line break. */
function encodeSegment(value: string): string {
  // Clients resolve these, escaped or not, so they would walk up the path.
  if (value === "." || value === "..") return "";
  return encodeURIComponent(value.toWellFormed());
}

function encodeRest(value: string): string {
  const parts = value.split("/").map(encodeSegment);
  // Empty segments go, but for a slash at the end.
  return parts.filter((part, i) => part !== "" || (i === parts.length - 1 && i > 0)).join("/");
}

/** A query is passed on byte for byte, unless a byte has no place in a header field's URL. */
function escapeQuery(query: string): string {
  return query.replace(
    /[^\x21-\x7e]/g,
    (byte) => `%${byte.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`,
  );
}

function splitFragment(to: string): [location: string, fragment: string] {
  const hash = to.indexOf("#");
  return hash === -1 ? [to, ""] : [to.slice(0, hash), to.slice(hash)];
}
