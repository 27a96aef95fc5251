/** Routes that change the limits of the groups around them, through whole gateways. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { SignJWT } from "jose";
import { ConfigError, createGateway, type ConfigInput } from "../../index.ts";

const SECRET = "a secret that is long enough for HMAC with SHA-256";
const jwt = { secret: SECRET, algorithms: ["HS256" as const] };
const token = await new SignJWT({ sub: "alice" })
  .setProtectedHeader({ alg: "HS256" })
  .setExpirationTime("1h")
  .sign(new TextEncoder().encode(SECRET));

const handler = { respond: {} };
type Policies = NonNullable<ConfigInput["policies"]>;

function configOf(policies: Policies, routes: ConfigInput["routes"]): ConfigInput {
  return { log: { level: "silent" }, policies, routes };
}

interface Answer {
  readonly status: number;
  /** What is left, of each limit by its name. */
  readonly left: Readonly<Record<string, number>>;
  readonly violated: unknown;
}

/** Asks for paths, one after the other. */
async function ask(config: ConfigInput, paths: readonly string[]): Promise<Answer[]> {
  const gateway = createGateway(config);
  const answers: Answer[] = [];
  for (const path of paths) {
    const headers = { authorization: `Bearer ${token}` };
    const response = await gateway.inject(new Request(`http://gateway${path}`, { headers }));
    const fields = (response.headers.get("ratelimit") ?? "").matchAll(/"([^"]+)";r=(\d+)/g);
    const body = response.status === 429 ? ((await response.json()) as Record<string, unknown>) : {};
    answers.push({
      status: response.status,
      left: Object.fromEntries([...fields].map(([, name, left]) => [name, Number(left)])),
      violated: body["violated-policies"],
    });
  }
  await gateway.close();
  return answers;
}

const hour = { window: "1h" };
const heavy = (rateLimit: Policies["rateLimit"]): ConfigInput["routes"] => [
  { path: "/light", handler },
  { path: "/heavy", handler, policies: { rateLimit } },
];
const around = { rateLimit: { limit: 10, ...hour } };

describe("a route's cost", () => {
  test("is taken from the count that others share", async () => {
    const answers = await ask(configOf(around, heavy({ cost: 4 })), [
      "/heavy",
      "/light",
      "/heavy",
      "/heavy",
      "/light",
    ]);
    assert.deepEqual(
      answers.map(({ status, left }) => [status, left["default"]]),
      [
        [200, 6],
        [200, 5],
        [200, 1],
        [429, 1],
        [200, 0],
      ],
    );
  });

  test("is taken of each limit, or of none", async () => {
    const limits = [
      { name: "wide", limit: 100, ...hour },
      { name: "narrow", limit: 5, ...hour },
    ];
    const answers = await ask(configOf({ rateLimit: limits }, heavy({ cost: 3 })), ["/heavy", "/heavy"]);
    assert.deepEqual(answers, [
      { status: 200, left: { wide: 97, narrow: 2 }, violated: undefined },
      { status: 429, left: { wide: 97, narrow: 2 }, violated: ["narrow"] },
    ]);
  });

  test("is taken behind authentication, too", async () => {
    const limits = [
      { name: "address", limit: 100, ...hour },
      { name: "caller", limit: 100, ...hour, key: "caller" as const },
    ];
    const answers = await ask(configOf({ jwt, rateLimit: limits }, heavy({ cost: 3 })), ["/heavy", "/light"]);
    assert.deepEqual(
      answers.map(({ left }) => left),
      [
        { address: 97, caller: 97 },
        { address: 96, caller: 96 },
      ],
    );
  });

  test("of the innermost group counts", async () => {
    const routes: ConfigInput["routes"] = [
      {
        prefix: "/group",
        policies: { rateLimit: { cost: 2 } },
        routes: [
          { path: "/two", handler },
          { path: "/three", handler, policies: { rateLimit: { cost: 3 } } },
        ],
      },
    ];
    const answers = await ask(configOf(around, routes), ["/group/two", "/group/three", "/group/nowhere"]);
    assert.deepEqual(
      answers.map(({ left }) => left["default"]),
      [8, 5, 3],
    );
  });
});

describe("an added limit", () => {
  const add = { name: "login", limit: 2, ...hour };

  test("holds beside those around, all or nothing", async () => {
    const answers = await ask(configOf(around, heavy({ add })), ["/heavy", "/heavy", "/heavy", "/light"]);
    assert.deepEqual(answers, [
      { status: 200, left: { default: 9, login: 1 }, violated: undefined },
      { status: 200, left: { default: 8, login: 0 }, violated: undefined },
      { status: 429, left: { default: 8, login: 0 }, violated: ["login"] },
      { status: 200, left: { default: 7 }, violated: undefined },
    ]);
  });

  test("has a cost of its own", async () => {
    const [answer] = await ask(configOf(around, heavy({ cost: 5, add: [{ ...add, cost: 2 }] })), ["/heavy"]);
    assert.deepEqual(answer!.left, { default: 5, login: 0 });
  });
});

describe("a change that cannot work is told of at its place", () => {
  const route = ["routes", 1, "policies", "rateLimit"];
  const cases: readonly (readonly [what: string, ConfigInput, path: unknown[], RegExp])[] = [
    ["nothing around it", configOf({}, heavy({ cost: 2 })), route, /changes the limits of a group around it/],
    [
      "switched off around it",
      configOf(around, [
        {
          prefix: "/free",
          policies: { rateLimit: false },
          routes: [{ path: "/x", handler, policies: { rateLimit: { cost: 2 } } }],
        },
      ]),
      ["routes", 0, "routes", 0, "policies", "rateLimit"],
      /changes the limits of a group around it/,
    ],
    [
      "a cost past the limit",
      configOf(around, heavy({ cost: 11 })),
      [...route, "cost"],
      /11 can never pass the limit default/,
    ],
    [
      "a name that is taken",
      configOf(around, heavy({ add: [{ limit: 1, ...hour }] })),
      [...route, "add", 0, "name"],
      /two limits are called default/,
    ],
    [
      "a key of callers, added where nobody is known",
      configOf(around, heavy({ add: { name: "caller", limit: 1, ...hour, key: "caller" } })),
      [...route, "add", "key"],
      /asks who is calling/,
    ],
    [
      "a key of callers, inherited where nobody is known",
      configOf({ jwt, rateLimit: { limit: 10, ...hour, key: "caller" } }, [
        { path: "/x", handler, policies: { jwt: false, rateLimit: { cost: 2 } } },
      ]),
      ["policies", "rateLimit", "key"],
      /asks who is calling/,
    ],
    [
      "a mistake elsewhere, alone",
      configOf(around, [
        { path: "/x", handler: "respon" as "respond", policies: { rateLimit: { cost: 2 } } },
      ]),
      ["routes", 0, "handler"],
      /unknown handler/,
    ],
    [
      "a mistake around it, once",
      configOf({ rateLimit: { limit: 1, ...hour, cost: 2 } }, heavy({ cost: 1 })),
      ["policies", "rateLimit", "cost"],
      /can never pass/,
    ],
  ];
  for (const [what, config, path, message] of cases) {
    test(what, () => {
      assert.throws(
        () => createGateway(config),
        (error: unknown) => {
          assert.ok(error instanceof ConfigError);
          assert.deepEqual(
            error.issues.map((issue) => issue.path),
            [path],
          );
          assert.match(error.issues[0]!.message, message);
          return true;
        },
      );
    });
  }
});
