/**
 * Measures the router alone, as a process of its own, so that nothing else shares its heap: nanoseconds to route one
 * request among few routes and among many, in interleaved rounds. Prints them as one line of JSON.
 *
 * The many are the few and 9,990 others. Once they get the same requests as the few, so that only the number of routes
 * differs; once requests for all of them in turn, which also measures how far the routes outgrow the processor's cache.
 */
import { HeaderList } from "../../src/http/headers.ts";
import { Router } from "../../src/router/router.ts";
import type { RoutedRequest } from "../../src/router/match.ts";

const rounds = 15;
const lookups = 200_000;
/** As many distinct paths for both routers: that a path was seen before must help neither more. */
const distinctPaths = 10_000;

interface Subject {
  readonly router: Router<string>;
  readonly requests: readonly RoutedRequest[];
  readonly nanoseconds: number[];
}

/** Routes as a gateway has them: services with resources, and an id in each path. */
function makePrefixes(services: number, resources: number): string[] {
  return Array.from(
    { length: services * resources },
    (_, index) => `/api/v1/service-${index % services}/resource-${Math.floor(index / services)}`,
  );
}

function makeRouter(prefixes: readonly string[]): Router<string> {
  return new Router(prefixes.map((prefix) => ({ methods: ["GET"], path: `${prefix}/{id}`, value: prefix })));
}

function makeRequests(prefixes: readonly string[]): RoutedRequest[] {
  return Array.from({ length: distinctPaths }, (_, index) => {
    // A stride that shares no factor with their number visits all of them, neighbours far apart.
    const prefix = prefixes[(index * 7919) % prefixes.length] ?? "";
    return {
      method: "GET",
      authority: "shop.example",
      path: `${prefix}/${10_000 + index}`,
      query: "",
      headers: new HeaderList(),
    };
  });
}

function measure({ router, requests, nanoseconds }: Subject): void {
  let found = 0;
  const startedMs = performance.now();
  for (let i = 0; i < lookups; i += 1) {
    const request = requests[i % requests.length];
    if (request !== undefined && router.match(request).kind === "found") found += 1;
  }
  nanoseconds.push(((performance.now() - startedMs) * 1e6) / lookups);
  if (found !== lookups) throw new Error(`${lookups - found} of ${lookups} requests found no route`);
}

const fewPrefixes = makePrefixes(10, 1);
const manyPrefixes = makePrefixes(100, 100);
const fewRequests = makeRequests(fewPrefixes);
const manyRouter = makeRouter(manyPrefixes);

const few: Subject = { router: makeRouter(fewPrefixes), requests: fewRequests, nanoseconds: [] };
const many: Subject = { router: manyRouter, requests: fewRequests, nanoseconds: [] };
const spread: Subject = { router: manyRouter, requests: makeRequests(manyPrefixes), nanoseconds: [] };
const subjects = [few, many, spread];
for (const subject of subjects) measure(subject);
for (const subject of subjects) subject.nanoseconds.length = 0;
for (let round = 0; round < rounds; round += 1) {
  for (const subject of subjects) measure(subject);
}
const figures = { few: few.nanoseconds, many: many.nanoseconds, spread: spread.nanoseconds };
process.stdout.write(`${JSON.stringify(figures)}\n`);
