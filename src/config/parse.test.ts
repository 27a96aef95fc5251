import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ConfigError } from "./issue.ts";
import { formatPath } from "../lib/config-path.ts";
import { parseConfig } from "./parse.ts";

const services = { users: { targets: ["http://127.0.0.1:9001"] } };

function mistakes(config: unknown): string[] {
  try {
    parseConfig(config);
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.issues.map(
      ({ path, message, hint }) => `${formatPath(path)}: ${message}${hint === undefined ? "" : ` (${hint})`}`,
    );
  }
}

const route = (fields: object): object => ({
  services,
  routes: [{ path: "/a", service: "users", ...fields }],
});

const cases: readonly {
  readonly what: string;
  readonly config: unknown;
  readonly told: readonly RegExp[];
}[] = [
  { what: "no config", config: undefined, told: [/^: expected an object, got undefined$/] },
  { what: "a list", config: [], told: [/^: expected an object, got a list$/] },
  { what: "no routes", config: {}, told: [/^: "routes" is missing$/] },
  {
    what: "a slip in a field's name",
    config: { routes: [], serivces: {} },
    told: [/^serivces: unknown field "serivces" \(did you mean "services"\?\)$/],
  },
  {
    what: "a hash that YAML took apart at its commas",
    config: route({
      policies: {
        basic: { users: [{ name: "a", passwordHash: "$argon2id$v=19$m=9", "p=1$c29tZQ$Zk+C": null }] },
      },
    }),
    told: [/^routes\[0\]\.policies\.basic\.users\[0\]\["p=1\$\*\*\*"\]: unknown field "p=1\$\*\*\*" \(/],
  },
  {
    what: "a slip deep inside",
    config: { services: { users: { ...services.users, timeouts: { conect: "1s" } } }, routes: [] },
    told: [/^services\.users\.timeouts\.conect: unknown field "conect" \(did you mean "connect"\?\)$/],
  },
  {
    what: "a number for a size",
    config: { limits: { body: 5 }, routes: [] },
    told: [/^limits\.body: expected a size/],
  },
  {
    what: "a size of nothing",
    config: { limits: { body: "10" }, routes: [] },
    told: [/^limits\.body: expected a size/],
  },
  { what: "a null", config: { drain: null, routes: [] }, told: [/^drain: expected a duration/] },
  { what: "a port too high", config: { listen: { port: 65_536 }, routes: [] }, told: [/at most 65535/] },
  {
    what: "half a port",
    config: { listen: { port: 80.5 }, routes: [] },
    told: [/expected a whole number, got a number/],
  },
  {
    what: "proxies that are names, everybody, or no network",
    config: { listen: { trustedProxies: ["proxy.internal", "0.0.0.0/0", "10.0.0.1/8"] }, routes: [] },
    told: [
      /^listen\.trustedProxies\[0\]: expected an IP address.* \(names are not looked up/,
      /^listen\.trustedProxies\[1\]: this means every address \(name the addresses/,
      /^listen\.trustedProxies\[2\]: 10\.0\.0\.1\/8 is not the first address/,
    ],
  },
  {
    what: "the PROXY protocol of nobody, and fields that nobody is believed",
    config: { listen: { proxyProtocol: true, proxyHeaders: "forwarded" }, routes: [] },
    told: [
      /^listen\.proxyHeaders: no proxy is trusted.* \(add trustedProxies/,
      /^listen\.proxyProtocol: no proxy is trusted.* \(add trustedProxies/,
    ],
  },
  {
    what: "the PROXY protocol of an empty list",
    config: { listen: { proxyProtocol: true, trustedProxies: [] }, routes: [] },
    told: [/^listen\.proxyProtocol: no proxy is trusted/],
  },
  {
    what: "a value of a list",
    config: { log: { level: "wran" }, routes: [] },
    told: [/^log\.level: expected one of "info", .* \(did you mean "warn"\?\)$/],
  },
  {
    what: "a service name that is none",
    config: { services: { "a b": services.users }, routes: [] },
    told: [/^services\["a b"\]: expected letters, digits and '-'$/],
  },
  {
    what: "a target with a path and one with TLS",
    config: { services: { a: { targets: ["http://h:1/p", "https://h:1"] } }, routes: [] },
    told: [/^services\.a\.targets\[0\]: .*has a path/, /^services\.a\.targets\[1\]: .*TLS/],
  },
  {
    what: "no targets",
    config: { services: { a: { targets: [] } }, routes: [] },
    told: [/^services\.a\.targets: expected at least 1 entry$/],
  },
  {
    what: "an unknown service",
    config: route({ service: "user" }),
    told: [/^routes\[0\]\.service: unknown service "user" \(did you mean "users"\?\)$/],
  },
  {
    what: "an unknown service in a nested group",
    config: {
      services,
      routes: [{ prefix: "/a", routes: [{ prefix: "/b", routes: [{ path: "/c", service: "x" }] }] }],
    },
    told: [/^routes\[0\]\.routes\[0\]\.routes\[0\]\.service: unknown service "x" \(there are: users\)$/],
  },
  { what: "nothing that answers", config: { routes: [{ path: "/a" }] }, told: [/nothing that answers it/] },
  {
    what: "an unknown policy",
    config: route({ policies: { jtw: false } }),
    told: [/"jtw" \(did you mean "jwt"\?\)/],
  },
  {
    what: "a slip in a handler's name, bare and with a config",
    config: {
      routes: [
        { path: "/", handler: "helth" },
        { path: "/a", handler: { helth: {} } },
      ],
    },
    told: [
      /^routes\[0\]\.handler: unknown handler "helth" \(did you mean "health"\?\)$/,
      /^routes\[1\]\.handler\.helth: unknown field "helth" \(did you mean "health"\?\)$/,
    ],
  },
  {
    what: "a bare handler that needs a config",
    config: { routes: [{ path: "/", handler: "token" }] },
    told: [
      /^routes\[0\]\.handler: the handler token needs a config \(write it as \{ token: \{ \.\.\. \} \}\)$/,
    ],
  },
  {
    what: "no handler and two",
    config: {
      routes: [
        { path: "/", handler: {} },
        { path: "/a", handler: { health: {}, index: {} } },
      ],
    },
    told: [
      /^routes\[0\]\.handler: a route has exactly one handler, and here are none/,
      /^routes\[1\]\.handler: a route has exactly one handler, and here are 2/,
    ],
  },
  {
    what: "a handler that only fails when it is made, beside another mistake",
    config: {
      drain: 1,
      routes: [{ path: "/", handler: { token: { secret: "short", credentials: "none" } } }],
    },
    told: [/^drain: /, /^routes\[0\]\.handler\.token\.secret: the secret has 5 bytes/],
  },
  {
    what: "an unknown handler",
    config: { routes: [{ path: "/", handler: "nope" }] },
    told: [/unknown handler "nope"/],
  },
  {
    what: "a path without slash",
    config: route({ path: "a" }),
    told: [/^routes\[0\]\.path: a path begins with \/$/],
  },
  {
    what: "a prefix that ends in a slash",
    config: { routes: [{ prefix: "/a/", routes: [] }] },
    told: [/does not end in/],
  },
  {
    what: "a parameter that the prefix has already",
    config: { services, routes: [{ prefix: "/{id}", routes: [{ path: "/{id}", service: "users" }] }] },
    told: [/^routes\[0\]\.routes\[0\]\.path: with the prefix around it, .*occurs twice/],
  },
  {
    what: "a method in small letters",
    config: route({ method: "get" }),
    told: [/^routes\[0\]\.method: .*capitals/],
  },
  {
    what: "TRACE",
    config: route({ method: ["GET", "TRACE"] }),
    told: [/^routes\[0\]\.method\[1\]: .*always refused/],
  },
  {
    what: "a host with a port",
    config: route({ host: "a.example:80" }),
    told: [/^routes\[0\]\.host: .*without a port/],
  },
  {
    what: "a line break in a header's value",
    config: route({ headers: { "x-a": "b\r\nc: d" } }),
    told: [
      /^routes\[0\]\.headers\["?x-a"?\]|^routes\[0\]\.headers\.x-a: expected a text without line breaks/,
    ],
  },
  {
    what: "headers that no route ever sees",
    config: route({ headers: { Host: "b", "content-length": true, x_a: "1" } }),
    told: [
      /^routes\[0\]\.headers\.Host: this field belongs to the connection or to framing/,
      /^routes\[0\]\.headers\.content-length: this field belongs/,
      /^routes\[0\]\.headers\.x_a: expected a header name/,
    ],
  },
  {
    what: "a line break in a header's name",
    config: route({ headers: { "x-a\r\n": "b" } }),
    told: [/expected a header name/],
  },
  {
    what: "false for a header",
    config: route({ headers: { "x-a": false } }),
    told: [/or true, got true or false|true/],
  },
  {
    what: "a parameter that the rewrite makes up",
    config: route({ path: "/a/{id}", rewrite: "/b/{idd}" }),
    told: [/^routes\[0\]\.rewrite: the path has no \{idd\} .*\(did you mean "id"\?\)$/],
  },
  {
    what: "a rest that the rewrite makes up",
    config: route({ rewrite: "/b/*" }),
    told: [/the path has no \* to put/],
  },
  { what: "nothing to strip", config: route({ stripPrefix: true }), told: [/there is no prefix to strip/] },
  {
    what: "a prefix that cannot be stripped",
    config: {
      services,
      routes: [{ prefix: "/{t}", stripPrefix: true, routes: [{ path: "/a", service: "users" }] }],
    },
    told: [/^routes\[0\]\.stripPrefix: the prefix \/\{t\} has parameters/],
  },
  {
    what: "a rewrite of what is not forwarded",
    config: { routes: [{ path: "/a", handler: "health", rewrite: "/b" }] },
    told: [/^routes\[0\]\.rewrite: rewrite is for routes to a service, and this one has a handler$/],
  },
  {
    what: "a rewrite that is stripped as well",
    config: {
      services,
      routes: [
        { prefix: "/a", routes: [{ path: "/b", service: "users", rewrite: "/c", stripPrefix: true }] },
      ],
    },
    told: [/^routes\[0\]\.routes\[0\]\.rewrite: rewrite and stripPrefix contradict each other/],
  },
  {
    what: "a rewrite of * with encoded slashes",
    config: {
      services,
      routes: [{ path: "/a/*", service: "users", rewrite: "/b/*", encodedSlashes: true }],
    },
    told: [/^routes\[0\]\.encodedSlashes: a rewrite does not tell the slashes of \* from encoded ones/],
  },
  {
    what: "a prefix with a parameter that the one around it has",
    config: { services, routes: [{ prefix: "/{a}", routes: [{ prefix: "/{a}", routes: [] }] }] },
    told: [/^routes\[0\]\.routes\[0\]\.prefix: with the prefix around it, \/\{a\}\/\{a\}: .*occurs twice$/],
  },
  {
    what: "the same route twice",
    config: {
      services,
      routes: [
        { path: "/{a}", service: "users" },
        { path: "/{b}", service: "users" },
      ],
    },
    told: [/^routes\[1\]\.path: the route matches what routes\[0\] matches already/],
  },
  {
    what: "the same route twice, one of them in a group, hosts in another case",
    config: {
      services,
      routes: [
        { path: "/a/b", host: "A.example", method: ["GET", "PUT"], service: "users" },
        { prefix: "/a", host: "a.example", routes: [{ path: "/b", method: "PUT", service: "users" }] },
      ],
    },
    told: [/^routes\[1\]\.routes\[0\]\.path: the route matches what routes\[0\] matches already/],
  },
  {
    what: "an id twice",
    config: {
      services,
      routes: [
        { id: "x", path: "/a", service: "users" },
        { id: "x", path: "/b", service: "users" },
      ],
    },
    told: [/^routes\[1\]\.id: the id "x" is that of routes\[0\] already$/],
  },
  {
    what: "names that change prototypes",
    config: JSON.parse('{"routes":[],"__proto__":{"a":1},"log":{"constructor":1}}') as unknown,
    told: [
      /^__proto__: the name __proto__ is not allowed/,
      /^log\.constructor: the name constructor is not allowed/,
    ],
  },
  {
    what: "a group that lacks its prefix",
    config: { routes: [{ routes: [] }] },
    told: [/^routes\[0\]: "prefix" is missing$/],
  },
  {
    what: "a secret too short beside another mistake",
    config: { ...route({ service: "x" }), policies: { jwt: { secret: "short", algorithms: ["HS256"] } } },
    told: [/unknown service "x"/, /^policies\.jwt\.secret: .*HS256/],
  },
  {
    what: "a variable that is not set",
    config: {
      ...route({}),
      policies: { jwt: { secret: { env: "PORTCULLIS_TEST_UNSET" }, algorithms: ["HS256"] } },
    },
    told: [/^policies\.jwt\.secret: the environment variable PORTCULLIS_TEST_UNSET is not set \(start with/],
  },
];

describe("a config that is wrong", () => {
  for (const { what, config, told } of cases) {
    it(`says so: ${what}`, () => {
      const found = mistakes(config);
      assert.equal(found.length, told.length, found.join("\n"));
      for (const [index, pattern] of told.entries()) assert.match(found[index]!, pattern);
    });
  }
});

describe("a config that is right", () => {
  const rights: Readonly<Record<string, unknown>> = {
    "the smallest": { routes: [] },
    "one match with and without conditions": {
      services,
      routes: [
        { path: "/a", service: "users" },
        { path: "/a", method: "GET", service: "users" },
        { path: "/a", host: "a.example", service: "users" },
        { path: "/a", headers: { "x-a": true }, service: "users" },
        { path: "/a", query: { a: "1" }, service: "users" },
        { path: "/a", query: { A: "1" }, service: "users" },
      ],
    },
    "a rewrite with a group's parameter": {
      services,
      routes: [{ prefix: "/{tenant}", routes: [{ path: "/a/*", service: "users", rewrite: "/{tenant}/*" }] }],
    },
    "where an editor finds its schema": { $schema: "./portcullis.schema.json", routes: [] },
  };
  for (const [what, config] of Object.entries(rights)) {
    it(`passes: ${what}`, () => assert.deepEqual(mistakes(config), []));
  }
});
