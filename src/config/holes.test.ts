/** A config that is wrong somewhere: what else of it is told, and what could only be guessed. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { configMistakes } from "../testing/config-mistakes.ts";

const services = { users: { targets: ["http://127.0.0.1:9001"] } };
const jwt = { secret: "a secret that is long enough for HMAC with SHA-256", algorithms: ["HS256"] };
const rateLimit = { limit: 1, window: "1m" };
const costly = { path: "/a", handler: "respond", policies: { rateLimit: { cost: 1 } } };
const byCaller = { path: "/a", handler: "respond", policies: { rateLimit: { ...rateLimit, key: "caller" } } };
const short = { path: "/t", handler: { token: { secret: "short", credentials: "none" } } };
const WRONG = /^drain: /;

const cases: readonly (readonly [what: string, config: object, ...told: RegExp[]])[] = [
  [
    "a limit that changes none",
    { drain: 1, routes: [costly] },
    WRONG,
    /^routes\[0\]\.policies\.rateLimit: this changes .* and there are none/,
  ],
  ["a limit that changes one around it", { drain: 1, policies: { rateLimit }, routes: [costly] }, WRONG],
  [
    "a limit that may change one under a wrong name",
    { policies: { rateLimt: rateLimit }, routes: [costly] },
    /^policies\.rateLimt: unknown/,
  ],
  [
    "a limit that may change one of policies under a wrong name",
    { polices: { rateLimit }, routes: [costly] },
    /^polices: unknown/,
  ],
  [
    "a limit that may change one of policies of a group under a wrong name",
    { routes: [{ prefix: "/a", polices: { rateLimit }, routes: [costly] }] },
    /^routes\[0\]\.polices: unknown/,
  ],
  [
    "a limit that changes one that has not the right shape",
    { policies: { rateLimit: { ...rateLimit, limit: "many" } }, routes: [costly] },
    /^policies\.rateLimit\.limit: /,
  ],
  [
    "a limit by a caller whom nobody knows",
    { drain: 1, routes: [byCaller] },
    WRONG,
    /^routes\[0\]\.policies\.rateLimit\.key: rateLimit asks who is calling, and no policy of the route \* \/a/,
  ],
  [
    "a limit by a caller whom a policy without the right shape would know",
    { policies: { jwt: { ...jwt, algorithms: "HS256" } }, routes: [byCaller] },
    /^policies\.jwt\.algorithms: /,
  ],
  [
    "a limit by a caller, in policies that are no object",
    { policies: [], routes: [byCaller] },
    /^policies: expected an object, got a list/,
  ],
  [
    "a header that clients look for and that a policy deletes",
    {
      drain: 1,
      policies: { jwt: { ...jwt, claimsToHeaders: { sub: "x-user" } } },
      routes: [{ path: "/a", headers: { "x-user": true }, handler: "respond" }],
    },
    WRONG,
    /^routes\[0\]\.headers\.x-user: the route looks for the header x-user/,
  ],
  [
    "routes below a prefix that is missing",
    {
      services,
      routes: [
        { path: "/a", service: "users" },
        { routes: [{ path: "/a", service: "users", rewrite: "/{id}", stripPrefix: false }] },
      ],
    },
    /^routes\[1\]: "prefix" is missing/,
  ],
  [
    "a group below a prefix that is missing",
    {
      services,
      routes: [
        { path: "/b/a", service: "users" },
        { routes: [{ prefix: "/b", routes: [{ path: "/a", service: "users" }] }] },
      ],
    },
    /^routes\[1\]: "prefix" is missing/,
  ],
  [
    "routes below a prefix that is wrong, and a service that is",
    { services, routes: [{ prefix: "/a/", routes: [{ path: "/{id", service: "user" }] }] },
    /^routes\[0\]\.routes\[0\]\.service: unknown service "user"/,
    /^routes\[0\]\.prefix: /,
    /^routes\[0\]\.routes\[0\]\.path: /,
  ],
  [
    "one path twice, of which one has a method that is wrong",
    {
      services,
      routes: [
        { path: "/a", service: "users", method: "GET" },
        { path: "/a", service: "users", method: "get" },
      ],
    },
    /^routes\[1\]\.method: /,
  ],
  [
    "a handler behind an entry that is none",
    { routes: ["/a", short] },
    /^routes\[0\]: expected an object/,
    /^routes\[1\]\.handler\.token\.secret: the secret has 5 bytes/,
  ],
  [
    "a handler below policies that are none",
    { routes: [{ prefix: "/a", policies: 1, routes: [short] }] },
    /^routes\[0\]\.policies: expected an object/,
    /^routes\[0\]\.routes\[0\]\.handler\.token\.secret: the secret has 5 bytes/,
  ],
];
for (const [what, config, ...told] of cases) {
  test(`tells what it knows: ${what}`, () => {
    const found = configMistakes(config);
    assert.equal(found.length, told.length, found.join("\n"));
    for (const [index, pattern] of told.entries()) assert.match(found[index]!, pattern);
  });
}
