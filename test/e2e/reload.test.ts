/** A config in place of another while clients are connected: what goes on, what begins anew, and what is closed. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import { ConfigError } from "../../src/config/issue.ts";
import { parseConfig } from "../../src/config/parse.ts";
import type { ConfigInput } from "../../src/config/schema.ts";
import type { Route } from "../../src/core/route.ts";
import { StateStore } from "../../src/state/store.ts";
import { fileOnDisk } from "../../src/testing/file-on-disk.ts";
import { testPrivateKey, toPem } from "../../src/testing/private-keys.ts";
import { simulatedHost } from "../../src/simulation/simulated-host.ts";
import { Gateway } from "../../src/gateway/gateway.ts";
import { OK, service, stage, type Stage } from "./harness.ts";
import { eventually, refusedUrl, type RawPeer } from "./raw-peer.ts";

type Config = Omit<ConfigInput, "listen">;

const ok = (path: string): ConfigInput["routes"][number] => ({ path, handler: { respond: { body: path } } });

function reload({ gateway }: Stage, config: Config): Promise<void> {
  return gateway.reload({ listen: { port: 0 }, ...config });
}

async function get(client: RawPeer, path: string): Promise<string> {
  client.write(`GET ${path} HTTP/1.1\r\nhost: a\r\n\r\n`);
  return (await client.takeMessage()).line.slice(9, 12);
}

/** A gateway that is asked without sockets, and whose states are counted. */
function embed(config: Config) {
  const host = simulatedHost();
  const state = new StateStore(host);
  const gateway = new Gateway(parseConfig(config), host, { state });
  const ask = async (path: string): Promise<number> => {
    const response = await gateway.inject(new Request(`http://a${path}`));
    await response.text();
    return response.status;
  };
  return { gateway, host, state, ask, reload: (next: Config) => gateway.reload(next) };
}

test("a connection that is kept gets the new config at its next request", async (t) => {
  const gateway = await stage(t, { routes: [ok("/old")] });
  const refused = await gateway.client();
  assert.equal(await get(refused, "/a%2Fb"), "400");
  const kept = await gateway.client();
  assert.equal(await get(kept, "/old"), "200");
  await reload(gateway, {
    limits: { target: "64b" },
    routes: [ok("/new"), { ...ok("/{name}"), encodedSlashes: true }],
  });
  assert.equal(await get(kept, "/new"), "200");
  assert.equal(await get(kept, "/a%2Fb"), "200");
  assert.equal(await get(kept, `/${"a".repeat(100)}`), "414");
});

test("whose word counts is asked anew at each head of a connection that is kept", async (t) => {
  const seen: string[] = [];
  const routes: ConfigInput["routes"] = [
    {
      path: "/*",
      handler: { fetch: (_request, { clientAddress }) => (seen.push(clientAddress), new Response("")) },
    },
  ];
  const gateway = await stage(t, { routes });
  const client = await gateway.client();
  const ask = async (): Promise<void> => {
    client.write("GET / HTTP/1.1\r\nhost: a\r\nx-forwarded-for: 192.0.2.1\r\n\r\n");
    await client.takeMessage();
  };
  await ask();
  await gateway.gateway.reload({ listen: { port: 0, trustedProxies: ["loopback"] }, routes });
  await ask();
  await reload(gateway, { routes });
  await ask();
  assert.deepEqual(seen, ["127.0.0.1", "192.0.2.1", "127.0.0.1"]);
});

test("what is in flight ends by the old config, and what only that used is closed behind it", async (t) => {
  const backend = await service(t);
  const gateway = await stage(t, { services: { backend: { targets: [backend.url] } } });
  const [first, second] = [await gateway.client(), await gateway.client()];
  for (const client of [first, second]) client.write("GET /slow HTTP/1.1\r\nhost: a\r\n\r\n");
  const [one, other] = [await backend.accept(), await backend.accept()];
  await one.takeMessage();
  await other.takeMessage();
  await reload(gateway, { routes: [ok("/new")] });
  const asked = await gateway.client();
  assert.equal(await get(asked, "/new"), "200");
  one.write(OK);
  await Promise.race([first.takeMessage(), second.takeMessage()]);
  assert.equal(gateway.host.network.opened, 2, "the pool is kept for the other");
  other.write(OK);
  await eventually(() => gateway.host.network.opened === 0, "both connections to the service are closed");
  assert.equal(await get(first, "/new"), "200");
  assert.equal(await get(second, "/slow"), "404");
});

for (const [what, change, connections] of [
  ["stays", {}, 1],
  ["stays, with another beside it", { targets: [] }, 1],
  ["has another title", { title: "Other" }, 1],
  ["has another bound on its pool", { pool: { maxConnections: 1 } }, 2],
] as const) {
  test(`a target that ${what} has ${connections} connections in all`, async (t) => {
    const backend = await service(t);
    const routes: ConfigInput["routes"] = [{ path: "/*", service: "backend" }];
    const gateway = await stage(t, { routes, services: { backend: { targets: [backend.url] } } });
    const client = await gateway.client();
    const exchange = async (peer: () => RawPeer | Promise<RawPeer>): Promise<RawPeer> => {
      client.write("GET / HTTP/1.1\r\nhost: a\r\n\r\n");
      const answering = await peer();
      await answering.takeMessage();
      answering.write(OK);
      await client.takeMessage();
      return answering;
    };
    const peer = await exchange(() => backend.accept());
    const { targets, ...settings } = { targets: undefined, ...change };
    const beside = targets === undefined ? {} : { other: { targets: [backend.url] } };
    const services = { ...beside, backend: { targets: [backend.url], ...settings } };
    await reload(gateway, { services, routes });
    await exchange(() => (connections === 1 ? peer : backend.accept()));
    assert.equal(backend.connections.length, connections);
    assert.equal(gateway.host.network.opened, 1, "what is used no more is closed");
  });
}

for (const [what, change, circuit] of [
  ["nothing", {}, "open"],
  ["its targets", { targets: [await refusedUrl()] }, "closed"],
  ["when it opens", { circuitBreaker: { consecutiveFailures: 2 } }, "closed"],
] satisfies [string, Partial<NonNullable<ConfigInput["services"]>[string]>, string][]) {
  test(`a circuit is ${circuit} when a reload changes ${what} of the service`, async (t) => {
    const backend = await service(t);
    const routes: ConfigInput["routes"] = [
      { path: "/health", handler: "health" },
      { path: "/*", service: "backend" },
    ];
    const settings = { targets: [backend.url], circuitBreaker: { consecutiveFailures: 1 } };
    const gateway = await stage(t, { routes, services: { backend: settings } });
    const client = await gateway.client();
    client.write("GET / HTTP/1.1\r\nhost: a\r\n\r\n");
    (await backend.accept()).write("HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n\r\n");
    await client.takeMessage();
    await reload(gateway, { routes, services: { backend: { ...settings, ...change } } });
    assert.match((await gateway.get("/health")).body, new RegExp(`"backend":"${circuit}"`));
  });
}

const LIMIT = { limit: 3, window: "1m", key: "all" } as const;

for (const [what, limit, place, left] of [
  ["nothing", {}, {}, 1],
  ["its mode and what happens without room", { onFull: "allow" }, {}, 1],
  ["how much a bucket holds", { limit: 4 }, {}, 4],
  ["the limit of a window", { algorithm: "fixed-window", limit: 4 }, {}, 2],
  ["the length of a window", { algorithm: "fixed-window", window: "2m" }, {}, 3],
  ["the algorithm", { algorithm: "sliding-window" }, {}, 3],
  ["how many keys it knows", { maxKeys: 50 }, {}, 3],
  ["its name", { name: "other" }, {}, 3],
  ["its key", { key: "ip" }, {}, 3],
  ["its path", {}, { path: "/{any}" }, 3],
  ["its methods", {}, { method: "GET" }, 3],
  ["the handler of its route", {}, { handler: { respond: { status: 201 } } }, 1],
] as const) {
  test(`${left} more may pass of a limit when a reload changes ${what}`, async () => {
    const before =
      "algorithm" in limit && limit.algorithm === "fixed-window" ? { algorithm: limit.algorithm } : {};
    const routesOf = (own: object, route: object): Config => ({
      routes: [{ ...ok("/a"), ...route, policies: { rateLimit: { ...LIMIT, ...before, ...own } } }],
    });
    const { gateway, ask, reload, state } = embed(routesOf({}, {}));
    assert.deepEqual([await ask("/a"), await ask("/a")], [200, 200]);
    const { routes } = routesOf(limit, place);
    await reload({ routes: [ok("/before"), ...routes, ok("/behind")] });
    for (let i = 0; i < left; i++) assert.ok((await ask("/a")) < 300);
    assert.equal(await ask("/a"), 429);
    assert.equal(state.size, 1);
    await gateway.close();
    assert.equal(state.size, 0);
  });
}

test("limits of one name and shape at places of one name have a count each, in their order", async () => {
  const rateLimit = { ...LIMIT, limit: 1 };
  const routes: ConfigInput["routes"] = ["a", "b"].map((id) => ({
    ...ok("/x"),
    headers: { "x-id": id },
    policies: { rateLimit },
  }));
  const { gateway, reload } = embed({ routes });
  const ask = async (id: string): Promise<number> =>
    (await gateway.inject(new Request("http://a/x", { headers: { "x-id": id } }))).status;
  assert.equal(await ask("a"), 200);
  await reload({ routes: routes.toReversed() });
  assert.deepEqual([await ask("b"), await ask("a")], [200, 429]);
  await gateway.close();
});

test("what requests of an old config hold of a limit on what is under way holds for the new one", async () => {
  const answers: (() => void)[] = [];
  const config = (): Config => ({
    routes: [
      {
        path: "/*",
        policies: { rateLimit: { algorithm: "concurrency", limit: 2, key: "all" } },
        handler: { fetch: () => new Promise((resolve) => answers.push(() => resolve(new Response("")))) },
      },
    ],
  });
  const { gateway, ask, reload } = embed(config());
  const first = [ask("/"), ask("/")];
  await eventually(() => answers.length === 2, "two requests under way");
  await reload(config());
  assert.equal(await ask("/"), 429);
  answers.shift()!();
  await first[0];
  const third = ask("/");
  await eventually(() => answers.length === 2, "another in its place");
  assert.equal(await ask("/"), 429);
  for (const answer of answers) answer();
  assert.deepEqual(await Promise.all([...first, third]), [200, 200, 200]);
  await gateway.close();
});

const SECRET = "x".repeat(32);
const jwt = { secret: SECRET, algorithms: ["HS256" as const] };

for (const [what, change, path] of [
  ["a policy that cannot be made", { policies: { jwt: { ...jwt, secret: "short" } } }, "policies.jwt.secret"],
  ["another port", { listen: { port: 1 } }, "listen.port"],
  ["another address", { listen: { host: "::1" } }, "listen.host"],
  [
    "headers of the PROXY protocol",
    { listen: { proxyProtocol: true, trustedProxies: ["loopback"] } },
    "listen.proxyProtocol",
  ],
  ["another log", { log: { level: "warn" } }, "log"],
  ["another size of a zone", { revocations: { zone: { entries: 20 } } }, "revocations.zone"],
] as const) {
  test(`a reload with ${what} is refused, and changes nothing`, async () => {
    const config: Config = {
      revocations: { zone: { entries: 10 } },
      policies: { jwt: { ...jwt, optional: true, revocations: "zone" }, rateLimit: LIMIT },
      services: { backend: { targets: ["http://127.0.0.1:1"] } },
      signingKeys: { own: [{ privateKey: toPem(testPrivateKey("ES256")), algorithm: "ES256" }] },
      routes: [
        ok("/a"),
        {
          path: "/revoke",
          handler: { revoke: { revocations: "zone", signingKeys: "own", clients: CLIENTS } },
        },
      ],
    };
    const { gateway, host, ask, reload, state } = embed(config);
    assert.equal(await ask("/a"), 200);
    const before = [state.size, host.clock.timers];
    await assert.rejects(reload({ ...config, routes: [...config.routes, ok("/b")], ...change }), (error) => {
      assert.ok(error instanceof ConfigError);
      assert.equal(error.issues.map((issue) => issue.path.join(".")).join(), path);
      return true;
    });
    assert.deepEqual([state.size, host.clock.timers], before);
    assert.deepEqual([await ask("/a"), await ask("/b"), await ask("/a")], [200, 404, 429]);
    await gateway.close();
  });
}

test("after a thousand reloads there is what was there before, and nothing else", async (t) => {
  const file = fileOnDisk(t, "denied");
  file.write("192.0.2.1\n");
  const outbound = { send: () => Promise.reject(new Error("nobody answers")) };
  const host = simulatedHost({ outbound });
  const state = new StateStore(host);
  const config = (limit: number): Config => ({
    services: { backend: { targets: ["http://127.0.0.1:1"], pool: { maxConnections: limit } } },
    policies: {
      ip: { denyFile: file.path },
      authFailures: { limit, maxKeys: 10 },
      rateLimit: { ...LIMIT, limit, maxKeys: 10 },
    },
    routes: [
      { path: "/jwt", service: "backend", policies: { jwt: { issuers: [issuerOf(limit)] } } },
      ok("/asked"),
    ],
  });
  const gateway = new Gateway(parseConfig(config(1)), host, { state });
  // The first attempt to fetch the issuer's keys fails, and leaves a timer for the next one.
  await nextTurn();
  const before = [state.size, host.clock.timers];
  const configs = [config(2), config(1)];
  for (let i = 0; i < 1000; i++) {
    await gateway.reload(configs[i % 2]!);
    if (i % 100 === 0)
      await gateway.inject(new Request("http://a/asked")).then((response) => response.text());
  }
  await nextTurn();
  assert.deepEqual([state.size, host.clock.timers], before);
  await gateway.close();
  assert.deepEqual([state.size, host.clock.timers], [0, 0]);
});

test("observers are made from each snapshot, and see what it has begun", async () => {
  const host = simulatedHost();
  const seen: string[] = [];
  const gateway = new Gateway(parseConfig({ routes: [ok("/a")] }), host, {
    observers: ({ routes }) => {
      const counts = new Map<Route, number>(routes.map((route) => [route, 0]));
      return [
        {
          done: ({ route }) => {
            counts.set(route, counts.get(route)! + 1);
            seen.push(`${route.name} ${counts.get(route)}`);
          },
        },
      ];
    },
  });
  const ask = (path: string): Promise<Response> => gateway.inject(new Request(`http://a${path}`));
  await ask("/a");
  await ask("/a");
  await gateway.reload({ routes: [ok("/a"), ok("/b")] });
  await ask("/a");
  await ask("/b");
  assert.deepEqual(seen, ["* /a 1", "* /a 2", "* /a 1", "* /b 1"]);
  await gateway.close();
  await assert.rejects(gateway.reload({ routes: [] }), /closed/);
});

const CLIENTS = [
  {
    id: "ops",
    secretHash:
      "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$mmqvcXJ6B6Ry9Cw3jLyaxpzeVj8lJuEs4u2uy8tI6EI",
    revokes: "any" as const,
  },
];

function issuerOf(cooldownSeconds: number) {
  return { issuer: "https://issuer.test", audience: "a", cooldown: `${cooldownSeconds}s` };
}
