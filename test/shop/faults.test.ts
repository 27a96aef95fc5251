/** What a gateway of a few lines gets wrong, and this one must not: one test for each fault. */
import assert from "node:assert/strict";
import { EventEmitter, once } from "node:events";
import type { RequestListener, ServerResponse } from "node:http";
import { suite, test, type TestContext } from "node:test";
import { SimulatedClock } from "../../src/simulation/simulated-host.ts";
import { ask, bearer, fetchToken, openShop, type OpenShop, type Result } from "./shop.ts";

const bounded = { timeout: 30_000 };

/** Asks again until something else than 429 has come `times` times at most; says how many were admitted. */
async function countAdmitted(shop: OpenShop, times: number): Promise<number> {
  const results = await Promise.all(Array.from({ length: times }, () => ask(`${shop.url}/api/v1/users`)));
  return results.filter(({ status }) => status !== 429).length;
}

/** A service that answers with a status that can be changed, and counts. */
function changeable(): { answer: RequestListener; status: number; asked: number } {
  const service = {
    status: 500,
    asked: 0,
    answer: ((_request, response) => {
      service.asked++;
      response.writeHead(service.status).end("{}");
    }) as RequestListener,
  };
  return service;
}

async function openWithToken(
  t: TestContext,
  options: Parameters<typeof openShop>[1],
): Promise<{ shop: OpenShop; get: (path: string) => Promise<Result> }> {
  const shop = await openShop(t, options);
  const headers = bearer(await fetchToken(shop.url));
  return { shop, get: (path) => ask(shop.url + path, { headers }) };
}

suite("limits", bounded, () => {
  test("the bucket is no fixed window: no double share at the edge of a minute", async (t) => {
    const clock = new SimulatedClock(Date.UTC(2026, 0, 1, 0, 0, 59));
    const shop = await openShop(t, { clock, environment: { RATE_LIMIT: "60" } });
    assert.equal(await countAdmitted(shop, 70), 60);
    clock.advance(2_000);
    assert.equal(await countAdmitted(shop, 70), 2);
    clock.advance(59_999);
    assert.equal(await countAdmitted(shop, 70), 59);
    clock.advance(60_000 * 60);
    assert.equal(await countAdmitted(shop, 70), 60);
  });

  test("whatever X-Forwarded-For says, an address stays one address", async (t) => {
    const shop = await openShop(t, { clock: new SimulatedClock(), environment: { RATE_LIMIT: "5" } });
    const statuses = [];
    for (let i = 0; i < 8; i++) {
      const headers = {
        "x-forwarded-for": `203.0.113.${i}`,
        forwarded: `for=203.0.113.${i}`,
        "x-real-ip": `::${i}`,
      };
      statuses.push((await ask(`${shop.url}/api/v1/users`, { headers })).status);
    }
    assert.deepEqual(statuses, [401, 401, 401, 401, 401, 429, 429, 429]);
  });

  test("users, orders and products share one bucket, and the token route has its own", async (t) => {
    const shop = await openShop(t, { clock: new SimulatedClock(), environment: { RATE_LIMIT: "4" } });
    const headers = bearer(await fetchToken(shop.url));
    const remaining = [];
    for (const path of ["/users", "/orders", "/products/1", "/nowhere", "/users"]) {
      const result = await ask(`${shop.url}/api/v1${path}`, { headers });
      remaining.push([result.status, result.headers.get("x-ratelimit-remaining")]);
    }
    assert.deepEqual(remaining, [
      [200, "3"],
      [200, "2"],
      [200, "1"],
      [404, "0"],
      [429, "0"],
    ]);
    const { status, headers: fields } = await ask(`${shop.url}/api/token`, { method: "POST", body: "{}" });
    assert.equal(status, 200);
    assert.equal(fields.get("x-ratelimit-limit"), "100");
    assert.equal(fields.get("x-ratelimit-remaining"), "98");
    assert.equal((await ask(`${shop.url}/health`)).headers.get("x-ratelimit-limit"), null);
  });

  test("every limited response tells of the limit, and 429 when to come back", async (t) => {
    const clock = new SimulatedClock();
    const users = changeable();
    const { shop, get } = await openWithToken(t, {
      clock,
      environment: { RATE_LIMIT: "9" },
      services: { users: users.answer },
    });
    const results = [await get("/api/v1/products"), await ask(`${shop.url}/api/v1/users`)];
    results.push(
      await get("/api/v1/products/9"),
      await ask(`${shop.url}/api/v1/users`, { method: "DELETE" }),
    );
    for (let i = 0; i < 6; i++) results.push(await get("/api/v1/users"));
    assert.deepEqual(
      results.map(({ status }) => status),
      [200, 401, 404, 401, 500, 500, 500, 500, 500, 429],
    );
    for (const [index, { headers }] of results.entries()) {
      const remaining = Math.max(0, 8 - index);
      assert.equal(headers.get("x-ratelimit-limit"), "9");
      assert.equal(headers.get("x-ratelimit-remaining"), String(remaining));
      // Seconds, rounded up, until the bucket is full again.
      const full = Math.ceil(((9 - remaining) * 60) / 9);
      assert.equal(headers.get("x-ratelimit-reset"), String(Date.UTC(2026, 0, 1) / 1000 + full));
      assert.equal(headers.get("ratelimit-policy"), '"default";q=9;w=60');
      assert.equal(headers.get("ratelimit"), `"default";r=${remaining};t=${full}`);
    }
    const { headers, json } = results.at(-1)!;
    assert.equal(headers.get("retry-after"), "7");
    assert.equal(headers.get("content-type"), "application/problem+json");
    assert.equal(json["error"], "Rate limit exceeded");
    assert.equal(json["retry_after"], 7);
    assert.equal(json["code"], "rateLimit.exceeded");
    // Who comes back at that time is served, and not a moment before.
    clock.advance(6_600);
    assert.equal((await get("/api/v1/products")).status, 429);
    clock.advance(400);
    assert.equal((await get("/api/v1/products")).status, 200);
  });
});

suite("tokens", bounded, () => {
  test("401 says how to authenticate", async (t) => {
    const shop = await openShop(t);
    const token = await fetchToken(shop.url);
    const missing = { error: "Missing Bearer token", challenge: /^Bearer realm="portcullis"$/ };
    const invalid = {
      error: "Invalid or expired token",
      challenge: /^Bearer realm="portcullis", error="invalid_token", /,
    };
    const [header, payload, signature] = token.split(".");
    const cases = [
      { what: "no header", authorization: "", ...missing },
      { what: "another scheme", authorization: "Basic dXNlcjpwYXNz", ...missing },
      { what: "no token", authorization: "Bearer", ...missing },
      { what: "no JWT", authorization: "Bearer x", ...invalid },
      { what: "two parts", authorization: `Bearer ${payload}.${signature}`, ...invalid },
      {
        what: "a cut signature",
        authorization: `Bearer ${header}.${payload}.${signature!.slice(0, 16)}`,
        ...invalid,
      },
      { what: "no signature", authorization: `Bearer ${header}.${payload}.`, ...invalid },
      {
        what: "another payload",
        authorization: `Bearer ${header}.${change(payload!)}.${signature}`,
        ...invalid,
      },
      { what: "alg none", authorization: `Bearer ${encode({ alg: "none" })}.${payload}.`, ...invalid },
    ];
    for (const { what, authorization, error, challenge } of cases) {
      const headers: Record<string, string> = authorization === "" ? {} : { authorization };
      const result = await ask(`${shop.url}/api/v1/users`, { headers });
      assert.equal(result.status, 401, what);
      assert.equal(result.json["error"], error, what);
      assert.match(result.headers.get("www-authenticate") ?? "", challenge, what);
    }
  });

  test("a token ends after an hour", async (t) => {
    const clock = new SimulatedClock();
    const { get } = await openWithToken(t, { clock });
    clock.advance(3_590_000);
    assert.equal((await get("/api/v1/users")).status, 200);
    clock.advance(10_000);
    const { status, json } = await get("/api/v1/users");
    assert.equal(status, 401);
    assert.equal(json["error"], "Invalid or expired token");
    assert.equal(json["code"], "jwt.expired");
  });

  test("a user_id or role of another type, and a body that is no JSON object, are a 400", async (t) => {
    const shop = await openShop(t);
    const values = [
      "1",
      "1.5",
      "null",
      "true",
      "[]",
      "{}",
      '["1"]',
      '{"$ne":""}',
      '""',
      '" 1"',
      '"a\\u0000b"',
    ];
    const bodies = [
      ...values.flatMap((value) => [`{"user_id":${value}}`, `{"user_id":"1","role":${value}}`]),
      "",
      " ",
      "[]",
      "null",
      "1",
      '"x"',
      "true",
      "{",
      "{}{}",
      "{'user_id':1}",
      '{"role":"user","role":"admin"}',
      "user_id=1&role=admin",
      Buffer.from('{"user_id":"\xff"}', "latin1"),
    ];
    for (const body of bodies) {
      const headers = { "content-type": "application/json" };
      const { status, json } = await ask(`${shop.url}/api/token`, { method: "POST", headers, body });
      assert.equal(status, 400, String(body));
      assert.equal(json["code"], "token.bad_request", String(body));
    }
    assert.match(await fetchToken(shop.url, "9", "user"), /^[\w-]+\.[\w-]+\.[\w-]+$/);
  });
});

suite("the circuit of a service", bounded, () => {
  const unavailable = [
    { name: "users", error: "User service unavailable" },
    { name: "orders", error: "Order service unavailable" },
    { name: "products", error: "Product service unavailable" },
  ] as const;
  for (const { name, error } of unavailable) {
    test(`five failures in a row open that of ${name}, and of no other`, async (t) => {
      const service = changeable();
      const { get } = await openWithToken(t, {
        clock: new SimulatedClock(),
        services: { [name]: service.answer },
      });
      const path = `/api/v1/${name}`;
      // A success between failures begins the count anew, and what the client did wrong is no failure.
      for (const status of [500, 502, 503, 504, 200, 500, 500, 404, 500, 503, 502, 504, 500]) {
        service.status = status;
        assert.equal((await get(path)).status, status);
      }
      const { status, json, headers } = await get(path);
      assert.equal(service.asked, 13);
      assert.equal(status, 503);
      assert.equal(json["error"], error);
      assert.equal(json["circuit"], "open");
      assert.equal(json["code"], "service.circuit_open");
      assert.equal(headers.get("retry-after"), "30");
      assert.equal(headers.get("content-type"), "application/problem+json");
      for (const other of unavailable)
        if (other.name !== name) assert.equal((await get(`/api/v1/${other.name}`)).status, 200);
    });
  }

  test("after 30 s exactly one request is a probe, and its success closes the circuit", async (t) => {
    const clock = new SimulatedClock();
    const held: ServerResponse[] = [];
    const arrivals = new EventEmitter();
    let failing = true;
    const users: RequestListener = (_request, response) => {
      if (failing) response.writeHead(500).end();
      else {
        held.push(response);
        arrivals.emit("arrival");
      }
    };
    const { get } = await openWithToken(t, { clock, services: { users } });
    for (let i = 0; i < 5; i++) await get("/api/v1/users");
    failing = false;
    clock.advance(29_999);
    assert.equal((await get("/api/v1/users")).headers.get("retry-after"), "1");
    assert.equal(held.length, 0);
    clock.advance(1);

    const probe = once(arrivals, "arrival");
    const results = Array.from({ length: 20 }, () => get("/api/v1/users"));
    const refused: Result[] = [];
    await new Promise<void>((resolve) => {
      for (const result of results) {
        void result.then((settled) => {
          refused.push(settled);
          if (refused.length === 19) resolve();
        });
      }
    });
    await probe;
    assert.equal(held.length, 1);
    for (const { status, json, headers } of refused) {
      assert.equal(status, 503);
      assert.equal(json["circuit"], "half-open");
      assert.equal(headers.get("retry-after"), "1");
    }
    const finished = once(held[0]!, "close");
    held[0]!.writeHead(200).end("{}");
    await finished;
    await Promise.all(results);

    const nextArrival = once(arrivals, "arrival");
    const next = get("/api/v1/users");
    await nextArrival;
    held[1]!.writeHead(200).end("{}");
    assert.equal((await next).status, 200);
  });

  test("a probe that fails opens it for another time", async (t) => {
    const clock = new SimulatedClock();
    const users = changeable();
    const { get } = await openWithToken(t, { clock, services: { users: users.answer } });
    for (let i = 0; i < 5; i++) await get("/api/v1/users");
    clock.advance(30_000);
    assert.equal((await get("/api/v1/users")).status, 500);
    assert.equal((await get("/api/v1/users")).json["code"], "service.circuit_open");
    assert.equal(users.asked, 6);
  });

  test("health tells of it: degraded while a circuit is not closed", async (t) => {
    const clock = new SimulatedClock();
    const orders = changeable();
    const { get } = await openWithToken(t, { clock, services: { orders: orders.answer } });
    const health = async (): Promise<unknown> => {
      const { status, json } = await get("/health");
      assert.equal(status, 200);
      return json;
    };
    assert.deepEqual(await health(), toldHealth("healthy", "closed"));
    for (let i = 0; i < 5; i++) await get("/api/v1/orders");
    assert.deepEqual(await health(), toldHealth("degraded", "open"));
    clock.advance(30_000);
    // To ask for health is no probe.
    assert.deepEqual(await health(), toldHealth("degraded", "half-open"));
    assert.deepEqual(await health(), toldHealth("degraded", "half-open"));
    orders.status = 200;
    assert.equal((await get("/api/v1/orders")).status, 200);
    assert.deepEqual(await health(), toldHealth("healthy", "closed"));
    assert.deepEqual((await get("/health/ready")).json, { status: "ready" });
    assert.deepEqual((await get("/health/live")).json, { status: "live" });
  });
});

test(
  "the index is made from the routes: what it lists is there, and answers only to whom it says",
  bounded,
  async (t) => {
    const shop = await openShop(t);
    const { json } = await ask(`${shop.url}/`);
    const endpoints = json["endpoints"] as { path: string; method: string; auth: boolean }[];
    assert.equal(endpoints.length, 12);
    for (const { path, method, auth } of endpoints) {
      const { status } = await ask(shop.url + path.replace(/\{\w+\}/g, "1"), { method });
      assert.equal(status, auth ? 401 : path === "/api/token" ? 400 : 200, `${method} ${path}`);
    }
  },
);

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}

/** The payload of somebody else. */
function change(payload: string): string {
  const claims = JSON.parse(Buffer.from(payload, "base64url").toString()) as Record<string, unknown>;
  return encode({ ...claims, role: "admin" });
}

/** What health says when the orders' circuit is `circuit`. */
function toldHealth(status: string, circuit: string): object {
  return { status, circuits: { users: "closed", orders: circuit, products: "closed" } };
}
