import assert from "node:assert/strict";
import { parseConfig } from "../../src/config/parse.ts";
import { compile } from "../../src/compile/compile.ts";
import { Deadlines } from "../../src/host/deadlines.ts";
import { ProtocolError } from "../../src/http/protocol-error.ts";
import { canonicalTarget } from "../../src/http/target.ts";
import { EventLog } from "../../src/observe/event-log.ts";
import { StateStore } from "../../src/state/store.ts";
import { testExchange } from "../../src/testing/exchange.ts";
import { simulatedHost } from "../../src/simulation/simulated-host.ts";

/** What targets are made of: names of the routes below, and every known way to write a path so that two read it as two. */
const PIECES = [
  ..."/ / / / / / // . .. ... %2e %2E. .%2e %2e%2e %2f %2F %5c \\ ; ;x=1 %3b %00 %0a %20 %23 # ? ?a=/../admin".split(
    " ",
  ),
  ..."%25 %252e %252f %c0%ae %c0%af %e0%80%af %u002f %ef%bc%8f % %2 %zz \u00e9 %c3%a9 * : @ ~ %7e %61 %41".split(
    " ",
  ),
  ..."admin admin admin ADMIN Admin %61dmin %41dmin adm%69n admi%6E open open vault Vault vault/keys keys Keys/ Keys%2F files store app a 1 admin.json".split(
    " ",
  ),
];

const host = simulatedHost();
const { snapshot } = compile(
  parseConfig({
    services: { backend: { targets: ["http://127.0.0.1:1"] } },
    routes: [
      {
        prefix: "/admin",
        policies: { jwt: { secret: "x".repeat(32), algorithms: ["HS256"] } },
        routes: [{ path: "/*", service: "backend" }],
      },
      { path: "/Vault/keys", service: "backend", policies: { rateLimit: { limit: 1, window: "1s" } } },
      { prefix: "/app", stripPrefix: true, routes: [{ path: "/open/*", service: "backend" }] },
      { path: "/app/{name}", service: "backend", encodedSlashes: true },
      { path: "/store/x/{name}", service: "backend", encodedSlashes: true, rewrite: "/app/{name}/x" },
      { path: "/{name}", service: "backend", encodedSlashes: true },
      { path: "/files/{name}", service: "backend", rewrite: "/store/{name}" },
      { path: "/store/*", service: "backend", rewrite: "/a/*" },
      { path: "/*", service: "backend" },
    ],
  }),
  {
    host,
    events: new EventLog(host),
    deadlines: new Deadlines(host.clock),
    observers: () => [],
    state: new StateStore(host),
    loopback: true,
    ready: () => true,
  },
);

/** A target of a few pieces; `fraction` is chance, in [0, 1). */
export function makeTarget(fraction: () => number): string {
  let target = "/";
  for (let count = 1 + Math.floor(fraction() * 7); count > 0; count--)
    target += PIECES[Math.floor(fraction() * PIECES.length)]!;
  return target;
}

/** What has become of a target. */
export type Fate = "refused" | "open" | "open, escaped" | "guarded" | "guarded, escaped";

/** Routes a target, and checks all that must hold of any; throws an `AssertionError` where it does not. */
export function checkTarget(raw: string): Fate {
  const canonical = canonicalOrUndefined(raw);
  if (canonical === undefined) return "refused";
  const { path, query } = canonical;
  assert.deepEqual(canonicalTarget(path + query, true), canonical, raw);
  const routed = route(path, query);
  if (routed === undefined) return "refused";
  const { sent, isGuarded, isRewritten } = routed;
  if (!isRewritten) assert.equal(sent, path, raw);
  assert.equal(canonicalTarget(sent, true).path, sent, `${raw} became ${sent}, which is no canonical path`);
  for (const reading of laxReadings(sent)) {
    if (isProtected(reading)) assert.ok(isGuarded, `${raw} is sent as ${sent}, read as ${reading}`);
  }
  return `${isGuarded ? "guarded" : "open"}${path.includes("%2F") ? ", escaped" : ""}`;
}

/** A path is in no case and has no slash at its end, for some services. */
export function isProtected(reading: string): boolean {
  const path = reading.toLowerCase().replace(/\/$/, "");
  return path.split("/")[1] === "admin" || path === "/vault/keys";
}

function route(path: string, query: string) {
  const x = testExchange({ target: path + query });
  snapshot.assignRoute(x);
  const { name, servicePath, steps } = x.route;
  if (name === "") return undefined;
  return {
    sent: servicePath?.(x) ?? x.request.path,
    isGuarded: steps.length > 0,
    isRewritten: servicePath !== undefined,
  };
}

/**
 * How services may read a path that they decode once, behind its delimiters as RFC 3986, 2.4, wants it: with every liberty
 * alone, and with all together.
 */
export function laxReadings(path: string): string[] {
  const withoutParameters = path.split(/[?#]/)[0]!.replaceAll(/;[^/]*/g, "");
  const decoded = decodeOnce(withoutParameters);
  const liberties: ((text: string) => string)[] = [
    (text) => text.split("\0")[0]!,
    (text) => text.replaceAll("\\", "/"),
    (text) => text.replaceAll(/\/{2,}/g, "/"),
    withoutDotSegments,
  ];
  const all = liberties.reduce((text, liberty) => liberty(text), decoded);
  return [path, decodeOnce(path), decoded, all, ...liberties.map((liberty) => liberty(decoded))];
}

function decodeOnce(path: string): string {
  return path.replaceAll(/%([0-9a-f]{2})/gi, (_escape, pair: string) =>
    String.fromCharCode(Number.parseInt(pair, 16)),
  );
}

function withoutDotSegments(path: string): string {
  const kept: string[] = [];
  for (const segment of path.split("/").slice(1)) {
    if (segment === "..") kept.pop();
    else if (segment !== ".") kept.push(segment);
  }
  return `/${kept.join("/")}`;
}

function canonicalOrUndefined(raw: string) {
  try {
    return canonicalTarget(raw, true);
  } catch (error) {
    if (error instanceof ProtocolError) return undefined;
    throw error;
  }
}
