/**
 * Which entry a request belongs to. Among those that take it, the most specific wins, wherever it stands in the list:
 *
 * 1. host: exact, then `*.example.com`, then any;
 * 2. path, segment by segment from the left: literal, then `{param}`, then `*`; a path that ends before a `*` begins
 *    (`/files` for `/files/*`) is more specific than the `*`;
 * 3. more conditions on headers and query;
 * 4. method: given, then GET for a HEAD request, then any;
 * 5. what stands first in the list (only left for different conditions, equal in number).
 *
 * An entry takes a request when all of that fits: where the most specific path has other methods or conditions, the next
 * is tried. Paths are case-sensitive and a trailing slash is significant: `/files` and `/files/` are two paths. `{param}`
 * is one segment that is not empty. `/files/*` takes `/files/`, everything below, and `/files` itself, because policies
 * of a subtree must not leave out its root.
 *
 * Where only methods kept all entries away, the match is `methodNotAllowed`, with what they would have taken. HEAD and
 * OPTIONS that no entry names are the business of whoever asked. Fallbacks, which stand for a group's prefix, only say
 * whose `notFound` it is.
 */
import { NO_PARAMS } from "../core/exchange.ts";
import { compileConditions } from "./conditions.ts";
import type { FieldMatches } from "./conditions.ts";
import { HostTable } from "./hosts.ts";
import { Candidate } from "./leaf.ts";
import type { Match, Params, RoutedRequest } from "./match.ts";
import { parsePattern } from "./pattern.ts";
import type { Segment } from "./pattern.ts";
import { Search } from "./search.ts";
import { Trie } from "./trie.ts";

export interface RouteEntry<T> {
  /** Empty for any. */
  readonly methods: readonly string[];
  /** Lower case, without port; exact, or `*.example.com`. None or empty: any host. */
  readonly hosts?: readonly string[];
  /** A pattern, as `parsePattern` reads it. */
  readonly path: string;
  readonly headers?: FieldMatches;
  readonly query?: FieldMatches;
  /**
   * The entry is no route: its path is a prefix, and what is not found at or below it is answered by `value`. Methods are
   * of no account. Of several for one prefix, the first is taken.
   */
  readonly fallback?: boolean;
  readonly value: T;
}

/** Something that makes a list of entries unusable. */
export interface RouterProblem {
  readonly message: string;
  /** The entries at fault, by their place in the list: one, or two that cannot be told apart. */
  readonly indices: readonly number[];
}

/** All that is wrong with a list of entries. */
export class RouterError extends Error {
  readonly problems: readonly RouterProblem[];

  constructor(problems: readonly RouterProblem[]) {
    super(problems.map((problem) => problem.message).join("\n"));
    this.name = "RouterError";
    this.problems = problems;
  }
}

const NOT_FOUND = Object.freeze({ kind: "notFound", value: undefined });

/** An immutable router over a list of entries. */
export class Router<T> {
  readonly #anyHost = new Trie<T>();
  readonly #hosts = new HostTable<Trie<T>>();
  readonly #search: Search<T>;

  /** Throws a `RouterError` for patterns that cannot be read, and for two entries that only differ in their value. */
  constructor(entries: readonly RouteEntry<T>[]) {
    const problems: RouterProblem[] = [];
    const taken = new Map<string, number>();
    let depth = 0;
    for (const [index, entry] of entries.entries()) {
      const parsed = parsePattern(entry.path);
      if (parsed.problem !== undefined) {
        problems.push({ message: `${entry.path}: ${parsed.problem}`, indices: [index] });
        continue;
      }
      depth = Math.max(depth, parsed.segments.length);
      const other = this.#add(entry, index, parsed.segments, taken);
      if (other === undefined) continue;
      problems.push({
        message: `${entry.path}: another entry takes the same requests, and neither is more specific`,
        indices: [other, index],
      });
    }
    if (problems.length > 0) throw new RouterError(problems);
    this.#search = new Search(depth);
  }

  /** Never throws for a request whose path is canonical. */
  match(request: RoutedRequest): Match<T> {
    const search = this.#search;
    search.begin(request);
    // `*`, the target of OPTIONS for the whole server, is no path.
    if (!request.path.startsWith("/")) return NOT_FOUND;
    if (this.#hosts.size === 0) {
      const found = this.#anyHost.find(search);
      if (found !== undefined) return found.found ?? foundWith(found, search);
      return methodNotAllowed(search) ?? notFound(this.#anyHost.findFallback(search));
    }
    const tries = this.#hosts.lookUp(request.authority);
    tries.push(this.#anyHost);
    for (const trie of tries) {
      const found = trie.find(search);
      if (found !== undefined) return found.found ?? foundWith(found, search);
    }
    const refused = methodNotAllowed(search);
    if (refused !== undefined) return refused;
    for (const trie of tries) {
      const fallback = trie.findFallback(search);
      if (fallback !== undefined) return notFound(fallback);
    }
    return NOT_FOUND;
  }

  /** The earlier entry that takes the same requests, if there is one. */
  #add(
    entry: RouteEntry<T>,
    index: number,
    segments: readonly Segment[],
    taken: Map<string, number>,
  ): number | undefined {
    const fallback = entry.fallback === true;
    const methods = fallback ? [] : entry.methods;
    const conditions = compileConditions(entry.headers, entry.query);
    const candidate = new Candidate(entry.value, index, methods, conditions, segments);
    const shape = segments.map((segment) => (segment.kind === "literal" ? segment.text : [segment.kind]));
    let other: number | undefined;
    for (const host of hostsOf(entry)) {
      const trie = host === undefined ? this.#anyHost : this.#hosts.entry(host, () => new Trie<T>());
      if (fallback) {
        trie.fallback(segments).add(candidate);
        continue;
      }
      for (const method of methods.length === 0 ? [undefined] : new Set(methods)) {
        const key = JSON.stringify([host, method, shape, conditions.key]);
        other ??= taken.get(key);
        taken.set(key, index);
      }
      trie.leaf(segments).add(candidate);
    }
    return other;
  }
}

function hostsOf(entry: RouteEntry<unknown>): Iterable<string | undefined> {
  return entry.hosts === undefined || entry.hosts.length === 0 ? [undefined] : new Set(entry.hosts);
}

function foundWith<T>(candidate: Candidate<T>, search: Search<T>): Match<T> {
  return { kind: "found", value: candidate.value, params: readParams(candidate, search) };
}

function readParams<T>({ paramNames, paramDepths }: Candidate<T>, { path, starts }: Search<T>): Params {
  if (paramNames.length === 0) return NO_PARAMS;
  const params = Object.create(null) as Record<string, string>;
  for (let i = 0; i < paramNames.length; i++) {
    const name = paramNames[i]!;
    const start = starts[paramDepths[i]!]!;
    const text = name === "*" ? path.slice(start) : path.slice(start, starts[paramDepths[i]! + 1]! - 1);
    params[name] = text.includes("%") ? decodeURIComponent(text) : text;
  }
  return params;
}

function methodNotAllowed<T>(search: Search<T>): Match<T> | undefined {
  const allow = new Set<string>();
  let best: Candidate<T> | undefined;
  for (const leaf of search.refused) {
    for (const candidate of leaf.refused(search)) {
      best ??= candidate;
      for (const method of candidate.methods) allow.add(method);
    }
  }
  if (best === undefined) return undefined;
  if (allow.has("GET")) allow.add("HEAD");
  allow.add("OPTIONS");
  const params = readParams(best, search);
  return { kind: "methodNotAllowed", value: best.value, params, allow: [...allow].toSorted() };
}

function notFound<T>(fallback: Candidate<T> | undefined): Match<T> {
  return fallback === undefined ? NOT_FOUND : { kind: "notFound", value: fallback.value };
}
