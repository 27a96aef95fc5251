/** Names that every object of JavaScript has, through everything that names things: refused or a name like any other. */
import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, before, describe, it } from "node:test";
import { decodeJwt } from "jose";
import { ConfigError } from "../../src/config/issue.ts";
import { loadConfig } from "../../src/config/load.ts";
import { parseConfig } from "../../src/config/parse.ts";
import { HEADER, NOW, SECRET, sign } from "../../src/policies/jwt/testing.ts";
import { simulatedHost } from "../../src/simulation/simulated-host.ts";
import { Gateway } from "../../src/gateway/gateway.ts";

const NAMES = ["__proto__", "constructor", "prototype", "hasOwnProperty", "toString", "valueOf"];
/** Never a key of a config: whoever merges configs would do what they say. */
const REFUSED = new Set(["__proto__", "constructor", "prototype"]);

const PROTOTYPES = [Object.prototype, Array.prototype, Function.prototype, String.prototype, Map.prototype];
/** Every property with what it holds. */
const holdings = () =>
  PROTOTYPES.flatMap((prototype) =>
    Reflect.ownKeys(prototype).map((key) => {
      const held = Object.getOwnPropertyDescriptor(prototype, key)!;
      return [prototype, key, held.value as unknown, Reflect.get(held, "get"), Reflect.get(held, "set")];
    }),
  );
const untouched = holdings();

afterEach(() => {
  const now = holdings();
  assert.equal(now.length, untouched.length, "no key is new and none is gone");
  for (const [i, held] of now.entries())
    assert.ok(
      held.every((part, j) => part === untouched[i]![j]),
      String(held[1]),
    );
});

let directory = "";
before(async () => void (directory = await mkdtemp(join(tmpdir(), "portcullis-pollution-"))));
after(() => rm(directory, { recursive: true }));

/** As JSON text, because a literal of `__proto__` in JavaScript would be no key. */
const places: Readonly<Record<string, (key: string) => string>> = {
  root: (key) => `{ "routes": [], ${key}: { "polluted": true } }`,
  service: (key) => `{ "routes": [], "services": { ${key}: { "targets": ["http://127.0.0.1:1"] } } }`,
  policy: (key) => `{ "routes": [], "policies": { ${key}: { "polluted": true } } }`,
  claim: (key) =>
    `{ "routes": [], "policies": { "jwt": { "secret": "${SECRET}", "algorithms": ["HS256"], "claimsToHeaders": { ${key}: "x-a" } } } }`,
  jwk: (key) =>
    `{ "routes": [], "policies": { "jwt": { "publicKey": { "kty": "RSA", ${key}: { "polluted": true } }, "algorithms": ["RS256"] } } }`,
  route: (key) => `{ "routes": [{ "path": "/", "handler": "index", ${key}: { "polluted": true } }] }`,
  handler: (key) => `{ "routes": [{ "path": "/", "handler": { ${key}: { "polluted": true } } }] }`,
  field: (key) => `{ "routes": [{ "path": "/", "handler": { "respond": { "headers": { ${key}: "a" } } } }] }`,
  json: (key) =>
    `{ "routes": [{ "path": "/", "handler": { "respond": { "json": { ${key}: { "polluted": true } } } } }] }`,
  query: (key) => `{ "routes": [{ "path": "/", "handler": "index", "query": { ${key}: "a" } }] }`,
  header: (key) => `{ "routes": [{ "path": "/", "handler": "index", "headers": { ${key}: "a" } }] }`,
};

/** What refers to something by name, and must not find what every object has. */
const references: Readonly<Record<string, (name: string) => string>> = {
  service: (name) => `{ "routes": [{ "path": "/", "service": "${name}" }] }`,
  handler: (name) => `{ "routes": [{ "path": "/", "handler": "${name}" }] }`,
  parameter: (name) =>
    `{ "services": { "a": { "targets": ["http://127.0.0.1:1"] } }, "routes": [{ "path": "/", "service": "a", "rewrite": "/{${name}}" }] }`,
  destination: (name) => `{ "routes": [{ "path": "/", "handler": { "redirect": { "to": "/{${name}}" } } }] }`,
};

const formats: Readonly<Record<string, (json: string) => string>> = {
  json: (json) => json,
  yaml: (json) => json,
  mjs: (json) => `export default JSON.parse(${JSON.stringify(json)});`,
  // Here __proto__ is syntax: it sets the prototype of that one object.
  ts: (json) => `export default ${json};`,
};

async function load(name: string, text: string): Promise<string[]> {
  await writeFile(join(directory, name), text);
  try {
    await (await build((await loadConfig(name, directory)).config)).close();
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.issues.map(({ message }) => message);
  }
}

function build(config: ReturnType<typeof parseConfig>): Promise<Gateway> {
  return Promise.resolve(new Gateway(config, simulatedHost()));
}

describe("in a config", () => {
  for (const [format, write] of Object.entries(formats)) {
    for (const name of NAMES) {
      it(`${name} as ${format}`, async () => {
        for (const [place, make] of Object.entries(places)) {
          const issues = await load(`${place}-${name}.${format}`, write(make(`"${name}"`)));
          const isSyntax = format === "ts" && name === "__proto__";
          if (REFUSED.has(name) && !isSyntax) assert.notDeepEqual(issues, [], place);
        }
        for (const [reference, make] of Object.entries(references)) {
          const issues = await load(`to-${reference}-${name}.${format}`, write(make(name)));
          assert.notDeepEqual(issues, [], reference);
        }
      });
    }
  }
});

async function served(t: { after(task: () => Promise<void>): void }): Promise<Gateway> {
  const jwt = {
    secret: SECRET,
    algorithms: ["HS256" as const],
    claimsToHeaders: { toString: "x-text", role: "x-role" },
  };
  const gateway = await build(
    parseConfig({
      routes: [
        {
          path: "/token",
          method: "POST",
          handler: { token: { secret: SECRET, credentials: "none" } },
        },
        {
          path: "/jwt",
          policies: { jwt },
          handler: {
            fetch: (request: Request, { caller }: { caller?: { claims: object } | undefined }) =>
              Response.json([[...request.headers], Object.entries(caller?.claims ?? {})]),
          },
        },
        {
          path: "/echo/{constructor}/{toString}",
          handler: {
            fetch: (request: Request, { params }: { params: object }) =>
              Response.json({
                params: Object.entries(params),
                prototype: Object.getPrototypeOf(params) === null,
                headers: [...request.headers],
              }),
          },
        },
        { path: "/query", query: { toString: "1" }, handler: { respond: { body: "matched" } } },
        { path: "/field", headers: { constructor2: "1" }, handler: { respond: { body: "matched" } } },
      ],
    }),
  );
  t.after(() => gateway.close());
  return gateway;
}

const ask = (gateway: Gateway, path: string, init?: RequestInit) =>
  gateway.inject(new Request(`http://gateway.test${path}`, init));

describe("in requests", () => {
  for (const name of NAMES) {
    it(name, async (t) => {
      const gateway = await served(t);

      const tokens: readonly (readonly [body: string, subject: string | undefined])[] = [
        [`{"user_id":"2","${name}":{"polluted":true}}`, "2"],
        [`{"${name}":{"user_id":"2"}}`, "anonymous"],
        [`{"user_id":{"${name}":"2"}}`, undefined],
        [`{"user_id":"${name}"}`, name],
      ];
      for (const [body, subject] of tokens) {
        const headers = { "content-type": "application/json" };
        const response = await ask(gateway, "/token", { method: "POST", body, headers });
        const { token } = (await response.json()) as { readonly token?: string };
        assert.equal(response.status, subject === undefined ? 400 : 200, body);
        if (token !== undefined) assert.equal(decodeJwt(token).sub, subject);
      }

      const claims = `{"sub":"1","exp":${NOW + 60},"iat":${NOW},"${name}":"polluted"}`;
      const bear = (token: string) => ask(gateway, "/jwt", { headers: { authorization: `Bearer ${token}` } });
      const passed = await bear(sign(claims));
      assert.equal(passed.status, 200);
      const [fields, told] = (await passed.json()) as [[string, string][], [string, string][]];
      assert.equal(new Map(told).get(name), "polluted");
      assert.equal(new Map(fields).get("x-text"), name === "toString" ? "polluted" : undefined);
      assert.equal(new Map(fields).get("x-role"), undefined);
      for (const hostile of [
        sign(`{"${name}":{"sub":"1","exp":${NOW + 60}}}`),
        sign(claims, `{"typ":"JWT","${name}":{"alg":"HS256"}}`),
        sign(claims, { ...HEADER, alg: name }),
        sign(claims, `{"alg":"HS256","crit":["${name}"],"${name}":1}`),
      ])
        assert.equal((await bear(hostile)).status, 401, hostile);

      const echoed = await ask(gateway, `/echo/${name}/${name}?${name}=1`, {
        // Underscores are refused in names of fields.
        headers: name.includes("_") ? {} : { [name]: "polluted" },
      });
      const { params, prototype } = (await echoed.json()) as { params: unknown; prototype: boolean };
      assert.deepEqual(params, [
        ["constructor", name],
        ["toString", name],
      ]);
      assert.equal(prototype, true);

      const asked = await ask(gateway, `/query?${name}=1`);
      assert.equal(asked.status, name === "toString" ? 200 : 404);
      assert.equal((await ask(gateway, "/query")).status, 404);
      assert.equal((await ask(gateway, `/${name}`)).status, 404);
      assert.equal((await ask(gateway, "/field", { headers: { constructor: "1" } })).status, 404);
    });
  }
});
