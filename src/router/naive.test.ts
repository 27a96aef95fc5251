import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { HeaderList } from "../http/headers.ts";
import type { Match, RoutedRequest } from "./match.ts";
import { Router, RouterError } from "./router.ts";
import type { RouteEntry } from "./router.ts";

/**
 * The router's rules as a filter and a sort, with no thought of speed. It knows the patterns of this test and shares no
 * code with the router.
 */
function naiveMatch(entries: readonly RouteEntry<number>[], request: RoutedRequest): Match<number> {
  const fits = entries
    .flatMap((entry) => hostsOf(entry).map((host) => ({ entry, host })))
    .filter(({ entry, host }) => hostFits(host, request.authority) && othersFit(entry, request))
    .map((one) => ({ ...one, params: pathParams(one.entry, request.path) }))
    .filter((one) => one.params !== undefined)
    .toSorted((a, b) => {
      return (
        hostRank(a.host) - hostRank(b.host) ||
        comparePaths(a.entry.path, b.entry.path) ||
        conditionCount(b.entry) - conditionCount(a.entry) ||
        methodRank(a.entry, request.method) - methodRank(b.entry, request.method) ||
        a.entry.value - b.entry.value
      );
    });
  const routes = fits.filter(({ entry }) => entry.fallback !== true);
  const best = routes.find(({ entry }) => methodRank(entry, request.method) < 3);
  if (best !== undefined) return { kind: "found", value: best.entry.value, params: best.params! };
  if (routes.length === 0) {
    return { kind: "notFound", value: fits[0]?.entry.value };
  }
  const methods = new Set(routes.flatMap(({ entry }) => entry.methods));
  if (methods.has("GET")) methods.add("HEAD");
  const allow = [...methods.add("OPTIONS")].toSorted();
  return { kind: "methodNotAllowed", value: routes[0]!.entry.value, params: routes[0]!.params!, allow };
}

/** The empty name stands for any host. */
function hostsOf({ hosts = [] }: RouteEntry<number>): readonly string[] {
  return hosts.length === 0 ? [""] : hosts;
}

function hostFits(host: string, authority: string): boolean {
  const name = authority.replace(/:\d+$/, "");
  if (host.startsWith("*."))
    return name.split(".").slice(1).join(".") === host.slice(2) && name !== host.slice(2);
  return host === "" || host === name;
}

function hostRank(host: string): number {
  if (host === "") return 2;
  return host.startsWith("*.") ? 1 : 0;
}

function othersFit(entry: RouteEntry<number>, request: RoutedRequest): boolean {
  const query = new URLSearchParams(request.query);
  return (
    Object.entries(entry.headers ?? {}).every(([name, value]) => {
      const values = request.headers.getAll(name);
      return value === true ? values.length > 0 : values.includes(value);
    }) &&
    Object.entries(entry.query ?? {}).every(([name, value]) => {
      const values = query.getAll(name);
      return value === true ? values.length > 0 : values.includes(value);
    })
  );
}

function conditionCount(entry: RouteEntry<number>): number {
  return Object.keys(entry.headers ?? {}).length + Object.keys(entry.query ?? {}).length;
}

function methodRank(entry: RouteEntry<number>, method: string): number {
  if (entry.methods.includes(method)) return 0;
  if (method === "HEAD" && entry.methods.includes("GET")) return 1;
  return entry.methods.length === 0 ? 2 : 3;
}

/** By a regular expression: the rest of a path begins with its slash or is not there. */
function pathParams(entry: RouteEntry<number>, path: string): Record<string, string> | undefined {
  const prefix = entry.fallback === true ? entry.path.replace(/\/\*?$/, "") : entry.path;
  const source = prefix.replace(/\/\*$/, "(?:/(?<rest>.*))?").replace(/\{(\w+)\}/g, "(?<$1>[^/]+)");
  const match = new RegExp(`^${source}${entry.fallback === true ? "(?:/.*)?" : ""}$`).exec(path);
  if (match === null) return undefined;
  const params = { ...match.groups };
  if (prefix.endsWith("/*")) {
    params["*"] = params["rest"] ?? "";
    delete params["rest"];
  }
  for (const [name, value] of Object.entries(params)) params[name] = decodeURIComponent(value);
  return params;
}

/** `*` and the end of a prefix come after everything that they could cover; the end of a path before. */
function comparePaths(a: string, b: string): number {
  const [as, bs] = [a.split("/"), b.split("/")];
  for (let i = 0; i < Math.max(as.length, bs.length); i++) {
    const difference = segmentRank(as[i]) - segmentRank(bs[i]);
    if (difference !== 0) return difference;
  }
  return 0;
}

function segmentRank(part: string | undefined): number {
  if (part === undefined) return 0;
  if (part === "*") return 3;
  return part.startsWith("{") ? 2 : 1;
}

const literal = fc.constantFrom("a", "b", "%20");
const pattern = fc
  .tuple(
    fc.array(fc.oneof({ weight: 2, arbitrary: literal }, fc.constant("{}")), { maxLength: 3 }),
    fc.constantFrom("", "/", "/*"),
  )
  .map(([parts, end]) => {
    const named = parts.map((part, i) => (part === "{}" ? `{p${i}}` : part));
    return named.length === 0 ? `/${end.slice(1)}` : `/${named.join("/")}${end}`;
  });
const someFields = fc.dictionary(fc.constantFrom("x", "y"), fc.constantFrom<string | true>("1", "2", true), {
  maxKeys: 2,
});
const fields = fc.oneof({ weight: 2, arbitrary: fc.constant({}) }, { weight: 1, arbitrary: someFields });
const methods = fc.oneof(
  { weight: 1, arbitrary: fc.constant([]) },
  { weight: 4, arbitrary: fc.subarray(["GET", "HEAD", "POST", "OPTIONS"], { minLength: 1 }) },
);
const hosts = fc.constantFrom<readonly string[]>([], [], ["h.test"], ["*.test"], ["*.test", "g.test"]);

const route = fc.record({ methods, hosts, path: pattern, headers: fields, query: fields });
const prefix = fc.record({
  methods: fc.constant([]),
  hosts,
  // Prefixes end in a `*` here, so that the end of one is compared like a `*`.
  path: pattern.map((path) =>
    path.endsWith("*") ? path : `${path === "/" ? "" : path.replace(/\/$/, "")}/*`,
  ),
  headers: fc.constant({}),
  query: fc.constant({}),
  fallback: fc.constant(true),
});

const request = fc.record({
  method: fc.constantFrom("GET", "HEAD", "POST", "OPTIONS", "PUT"),
  authority: fc.constantFrom("", "h.test", "g.test:80", "k.test", "test", "a.b.test"),
  path: fc
    .tuple(fc.array(fc.oneof(literal, fc.constantFrom("c", "a%25")), { maxLength: 5 }), fc.boolean())
    .map(([parts, slash]) => `/${parts.join("/")}${slash && parts.length > 0 ? "/" : ""}`),
  query: fc.constantFrom("", "?", "?x=1", "?x=2&x=1", "?y=2", "?x=1&y=2"),
  headers: fc.constantFrom([], ["x", "1"], ["x", "2", "x", "1"], ["y", "2"], ["x", "1", "y", "2"]),
});

void test("the router agrees with the naive matcher", () => {
  const kinds = new Map<string, number>();
  fc.assert(
    fc.property(
      fc.array(fc.oneof({ weight: 4, arbitrary: route }, { weight: 1, arbitrary: prefix }), {
        maxLength: 14,
      }),
      fc.array(request, { minLength: 1, maxLength: 12 }),
      (list, requests) => {
        const entries = withoutDuplicates(list);
        const router = new Router(entries);
        for (const { headers, ...rest } of requests) {
          const asked = { ...rest, headers: new HeaderList([...headers]) };
          const got = router.match(asked);
          kinds.set(got.kind, (kinds.get(got.kind) ?? 0) + 1);
          assert.deepEqual(plain(got), plain(naiveMatch(entries, asked)));
        }
      },
    ),
    { numRuns: 2000 },
  );
  for (const kind of ["found", "methodNotAllowed", "notFound"]) {
    assert.ok((kinds.get(kind) ?? 0) > 100, `${kind} was met: ${kinds.get(kind)}`);
  }
});

/** The list without the entries that the router refuses; values are places in the list. */
function withoutDuplicates(list: readonly Omit<RouteEntry<number>, "value">[]): RouteEntry<number>[] {
  let kept = [...list];
  for (;;) {
    const entries = kept.map((entry, value) => ({ ...entry, value }));
    try {
      void new Router(entries);
      return entries;
    } catch (error) {
      assert.ok(error instanceof RouterError);
      const refused = new Set(error.problems.map((problem) => problem.indices.at(-1)));
      kept = kept.filter((_, index) => !refused.has(index));
    }
  }
}

function plain(match: Match<number>): object {
  return "params" in match ? { ...match, params: { ...match.params } } : match;
}
