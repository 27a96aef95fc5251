import { compileConditions } from "../router/conditions.ts";
import type { FieldMatches } from "../router/conditions.ts";
import { parsePattern } from "../router/pattern.ts";
import type { ConfigIssue, ConfigPath } from "./issue.ts";
import { formatPath } from "./issue.ts";
import { isObject } from "./plain.ts";
import { suggest } from "../lib/suggest.ts";

/** What a route has from the groups around it. */
interface Around {
  readonly prefix: string;
  readonly hosts: readonly string[];
}

/** Whether a match was seen before, and where. */
interface Seen {
  readonly path: ConfigPath;
  readonly methods: readonly string[];
  readonly hosts: readonly string[];
}

/**
 * Checks what no single field shows: references, contradictions, routes that nothing can reach. It reads the config as it
 * was written and skips whatever has not the right shape, so that these mistakes are told together with the others.
 */
export function crossCheck(config: unknown): ConfigIssue[] {
  const issues: ConfigIssue[] = [];
  findPoisonedKeys(config, [], issues, new Set());
  if (isObject(config)) checkListen(config["listen"], issues);
  if (isObject(config) && Array.isArray(config["routes"])) {
    const services = isObject(config["services"]) ? Object.keys(config["services"]) : [];
    new RouteChecks(issues, services).checkList(config["routes"], ["routes"], { prefix: "", hosts: [] });
  }
  return issues;
}

/** What only means something of proxies that are trusted. */
function checkListen(listen: unknown, issues: ConfigIssue[]): void {
  if (!isObject(listen)) return;
  const { trustedProxies, proxyHeaders, proxyProtocol } = listen;
  if (trustedProxies !== undefined && !(Array.isArray(trustedProxies) && trustedProxies.length === 0)) return;
  const hint = 'add trustedProxies: with the addresses of the proxies in front, such as ["10.0.0.0/8"]';
  if (proxyHeaders !== undefined) {
    const message = "no proxy is trusted, so these fields are never read";
    issues.push({ path: ["listen", "proxyHeaders"], message, hint });
  }
  if (proxyProtocol === true) {
    const message = "no proxy is trusted, so every connection would be closed";
    issues.push({ path: ["listen", "proxyProtocol"], message, hint });
  }
}

class RouteChecks {
  readonly #issues: ConfigIssue[];
  readonly #services: readonly string[];
  readonly #ids = new Map<string, ConfigPath>();
  /** By pattern and conditions: what such routes take. */
  readonly #seen = new Map<string, Seen[]>();

  constructor(issues: ConfigIssue[], services: readonly string[]) {
    this.#issues = issues;
    this.#services = services;
  }

  checkList(entries: readonly unknown[], path: ConfigPath, around: Around): void {
    for (const [index, entry] of entries.entries()) {
      if (!isObject(entry)) continue;
      const at = [...path, index];
      const hosts =
        entry["host"] === undefined
          ? around.hosts
          : toStrings(entry["host"]).map((host) => host.toLowerCase());
      if ("prefix" in entry || "routes" in entry) {
        const prefix = around.prefix + (typeof entry["prefix"] === "string" ? entry["prefix"] : "");
        this.#checkPrefix(entry, prefix, at);
        if (Array.isArray(entry["routes"]))
          this.checkList(entry["routes"], [...at, "routes"], { prefix, hosts });
      } else {
        this.#checkRoute(entry, at, { ...around, hosts });
      }
    }
  }

  #checkPrefix(group: Record<string, unknown>, prefix: string, path: ConfigPath): void {
    if (typeof group["prefix"] !== "string" || !group["prefix"].startsWith("/")) return;
    const own = parsePattern(group["prefix"]).problem;
    const whole = parsePattern(prefix).problem;
    if (own === undefined && whole !== undefined) {
      this.#report([...path, "prefix"], `with the prefix around it, ${prefix}: ${whole}`);
    }
    if (group["stripPrefix"] === true) this.#checkStrippable(prefix, path);
  }

  #checkRoute(route: Record<string, unknown>, path: ConfigPath, around: Around): void {
    this.#checkAnswer(route, path);
    this.#checkId(route["id"], path);
    if (route["stripPrefix"] === true) {
      if (around.prefix === "") {
        this.#report([...path, "stripPrefix"], "there is no prefix to strip: the route stands in no group");
      }
      this.#checkStrippable(around.prefix, path);
    }
    if (typeof route["path"] !== "string" || parsePattern(route["path"]).problem !== undefined) return;
    const pattern = around.prefix + route["path"];
    const parsed = parsePattern(pattern);
    if (parsed.problem !== undefined) {
      if (parsePattern(around.prefix).problem === undefined || around.prefix === "") {
        this.#report([...path, "path"], `with the prefix around it, ${pattern}: ${parsed.problem}`);
      }
      return;
    }
    const names: string[] = [];
    let shape = "";
    for (const segment of parsed.segments) {
      if (segment.kind === "literal") shape += `/${segment.text}`;
      else shape += segment.kind === "param" ? "/{}" : "/*";
      if (segment.kind !== "literal") names.push(segment.kind === "param" ? segment.name : "*");
    }
    this.#checkRewrite(route["rewrite"], names, path);
    if (route["encodedSlashes"] === true && names.includes("*") && route["rewrite"] !== undefined) {
      const message = "a rewrite does not tell the slashes of * from encoded ones";
      this.#report([...path, "encodedSlashes"], message, "use {param} in place of *, or no rewrite", true);
    }
    this.#checkTaken(route, shape, path, around.hosts);
  }

  #checkAnswer(route: Record<string, unknown>, path: ConfigPath): void {
    const { service, handler } = route;
    if (service === undefined && handler === undefined) {
      this.#report(
        path,
        "the route has nothing that answers it",
        "add service: with a service's name, or handler:",
      );
    } else if (service !== undefined && handler !== undefined) {
      this.#report([...path, "handler"], "the route has a service and a handler", "keep one of them", true);
    }
    if (typeof service === "string" && !this.#services.includes(service)) {
      const hint = suggest(service, this.#services) ?? "there are no services: add it under services";
      this.#report([...path, "service"], `unknown service ${JSON.stringify(service)}`, hint);
    }
    for (const field of ["stripPrefix", "rewrite"]) {
      if (handler === undefined || service !== undefined || route[field] === undefined) continue;
      this.#report(
        [...path, field],
        `${field} is for routes to a service, and this one has a handler`,
        undefined,
        true,
      );
    }
    if (route["rewrite"] !== undefined && route["stripPrefix"] === true) {
      this.#report(
        [...path, "rewrite"],
        "rewrite and stripPrefix contradict each other",
        "keep one of them",
        true,
      );
    }
  }

  #checkId(id: unknown, path: ConfigPath): void {
    if (typeof id !== "string") return;
    const first = this.#ids.get(id);
    if (first === undefined) this.#ids.set(id, path);
    else
      this.#report([...path, "id"], `the id ${JSON.stringify(id)} is that of ${formatPath(first)} already`);
  }

  #checkStrippable(prefix: string, path: ConfigPath): void {
    if (!prefix.includes("{")) return;
    const hint = "use rewrite on the routes below";
    this.#report(
      [...path, "stripPrefix"],
      `the prefix ${prefix} has parameters, so it cannot be stripped`,
      hint,
    );
  }

  #checkRewrite(rewrite: unknown, names: readonly string[], path: ConfigPath): void {
    if (typeof rewrite !== "string") return;
    const parsed = parsePattern(rewrite);
    for (const segment of parsed.problem === undefined ? parsed.segments : []) {
      if (segment.kind === "literal") continue;
      const name = segment.kind === "param" ? segment.name : "*";
      if (names.includes(name)) continue;
      const shown = name === "*" ? "*" : `{${name}}`;
      const hint = names.length === 0 ? "the path has no parameters" : suggest(name, names);
      this.#report([...path, "rewrite"], `the path has no ${shown} to put into the rewrite`, hint);
    }
  }

  /** Of two routes that match the same requests, the second would never be reached. */
  #checkTaken(
    route: Record<string, unknown>,
    shape: string,
    path: ConfigPath,
    hosts: readonly string[],
  ): void {
    const key = JSON.stringify([
      shape,
      compileConditions(
        toMatches(route["headers"], { lowerCase: true }),
        toMatches(route["query"], { lowerCase: false }),
      ).key,
    ]);
    const methods = toStrings(route["method"]);
    const taken = this.#seen.get(key) ?? [];
    const other = taken.find((seen) => overlap(seen.methods, methods) && overlap(seen.hosts, hosts));
    if (other !== undefined) {
      const hint = "give one of them another path, method, host, header or query condition";
      this.#report(
        [...path, "path"],
        `the route matches what ${formatPath(other.path)} matches already`,
        hint,
      );
    }
    this.#seen.set(key, [...taken, { path, methods, hosts }]);
  }

  #report(path: ConfigPath, message: string, hint?: string, atKey = false): void {
    this.#issues.push({ path, message, hint, atKey });
  }
}

/**
 * Whether two lists have a member in common. An empty list stands for what is not restricted at all; that is less
 * specific than any name, so it only meets its like.
 */
function overlap(left: readonly string[], right: readonly string[]): boolean {
  if (left.length === 0 || right.length === 0) return left.length === right.length;
  return left.some((member) => right.includes(member));
}

/** Keys by which a later copy of the config would change the prototype of objects. */
function findPoisonedKeys(value: unknown, path: ConfigPath, issues: ConfigIssue[], seen: Set<object>): void {
  if (typeof value !== "object" || value === null || seen.has(value)) return;
  seen.add(value);
  if (Array.isArray(value)) {
    for (const [index, member] of value.entries()) findPoisonedKeys(member, [...path, index], issues, seen);
    return;
  }
  if (!isObject(value)) return;
  for (const key of Object.keys(value)) {
    if (key === "__proto__" || key === "constructor" || key === "prototype") {
      issues.push({
        path: [...path, key],
        atKey: true,
        message: `the name ${key} is not allowed in a config`,
      });
    } else {
      findPoisonedKeys(value[key], [...path, key], issues, seen);
    }
  }
}

function toStrings(value: unknown): string[] {
  const list: unknown[] = Array.isArray(value) ? value : [value];
  return list.filter((member) => typeof member === "string");
}

function toMatches(fields: unknown, { lowerCase }: { lowerCase: boolean }): FieldMatches {
  const matches: Record<string, string | true> = {};
  if (!isObject(fields)) return matches;
  for (const [name, value] of Object.entries(fields)) {
    matches[lowerCase ? name.toLowerCase() : name] = typeof value === "string" ? value : true;
  }
  return matches;
}
