/** Orders through the gateway: everybody sees their own, whatever they say of themselves. */
import assert from "node:assert/strict";
import { once } from "node:events";
import type { IncomingHttpHeaders, IncomingMessage, RequestListener } from "node:http";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { suite, test } from "node:test";
import { ask, bearer, fetchToken, openShop, rawValues } from "./shop.ts";

const bounded = { timeout: 30_000 };
const json = { "content-type": "application/json" };

/** Sends lines of a head as they stand and gives the response as text. */
async function sendRaw(port: number, lines: readonly string[]): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  await once(socket, "connect");
  socket.write([...lines, "Host: shop.test", "Connection: close", "", ""].join("\r\n"), "latin1");
  return await text(socket);
}

const lies: readonly { readonly what: string; readonly lines: readonly string[] }[] = [
  { what: "the header itself", lines: ["x-user-id: 2", "x-user-role: admin"] },
  { what: "another case", lines: ["X-User-Id: 2", "X-USER-ROLE: admin"] },
  { what: "each twice", lines: ["X-User-Id: 1", "x-user-id: 2", "X-User-Role: user", "X-User-Role: admin"] },
  { what: "a comma", lines: ["x-user-id: 1, 2", "x-user-role: user, admin"] },
  { what: "an empty one", lines: ["x-user-id:", "x-user-role:"] },
  { what: "hop by hop", lines: ["Connection: x-user-id, x-user-role", "x-user-id: 2", "x-user-role: admin"] },
];

suite("identity headers are the gateway's alone", bounded, () => {
  for (const { what, lines } of lies) {
    test(`a caller who sends ${what} stays who they are`, async (t) => {
      let arrived: IncomingMessage | undefined;
      const users: RequestListener = (request, response) => {
        arrived = request;
        response.end("{}");
      };
      const shop = await openShop(t, { services: { users } });
      const authorization = `Authorization: Bearer ${await fetchToken(shop.url, "1", "user")}`;

      const orders = await sendRaw(shop.port, ["GET /api/v1/orders HTTP/1.1", authorization, ...lines]);
      assert.match(orders, /^HTTP\/1\.1 200 /);
      assert.match(orders, /\{"orders":\[\{"id":"1","user_id":"1",[^{]*\]\}$/);
      const order = await sendRaw(shop.port, ["GET /api/v1/orders/2 HTTP/1.1", authorization, ...lines]);
      assert.match(order, /^HTTP\/1\.1 404 /);

      await sendRaw(shop.port, ["GET /api/v1/users HTTP/1.1", authorization, ...lines]);
      assert.deepEqual(rawValues(arrived!, "x-user-id"), ["1"]);
      assert.deepEqual(rawValues(arrived!, "x-user-role"), ["user"]);
    });
  }

  test("names that services may take for theirs, with underscores, are refused", async (t) => {
    const shop = await openShop(t);
    const authorization = `Authorization: Bearer ${await fetchToken(shop.url, "1", "user")}`;
    for (const line of ["x_user_id: 2", "X_User_Role: admin", "x-user_id: 2", "x_user-role: admin"]) {
      const answer = await sendRaw(shop.port, ["GET /api/v1/orders HTTP/1.1", authorization, line]);
      assert.match(answer, /^HTTP\/1\.1 400 /, line);
    }
  });

  test("also where a route asks for no token: nothing of the kind reaches a service", async (t) => {
    const arrived: IncomingHttpHeaders[] = [];
    const users: RequestListener = (request, response) => {
      arrived.push(request.headers);
      response.end("{}");
    };
    const shop = await openShop(t, {
      services: { users },
      change: (config) => ({
        ...config,
        routes: [...config.routes, { method: "GET", path: "/open/*", service: "users" }],
      }),
    });
    for (const { lines } of lies) await sendRaw(shop.port, ["GET /open/1 HTTP/1.1", ...lines]);
    assert.equal(arrived.length, lies.length);
    for (const headers of arrived) {
      assert.deepEqual(
        Object.keys(headers).filter((name) => /user.(id|role)/.test(name)),
        [],
      );
    }
  });

  test("without a token, what one says of oneself opens nothing", async (t) => {
    const shop = await openShop(t);
    for (const { lines } of lies) {
      assert.match(
        await sendRaw(shop.port, ["GET /api/v1/orders HTTP/1.1", ...lines]),
        /^HTTP\/1\.1 40[01] /,
      );
    }
  });
});

suite("orders", bounded, () => {
  test("placing, listing and reading one", async (t) => {
    const { url } = await openShop(t);
    const [alice, bob, admin] = [
      bearer(await fetchToken(url, "1", "user")),
      bearer(await fetchToken(url, "2", "user")),
      bearer(await fetchToken(url, "9", "admin")),
    ];
    const body = '{"product":"Gadget","quantity":2}';
    const placed = await ask(`${url}/api/v1/orders`, {
      method: "POST",
      headers: { ...alice, ...json },
      body,
    });
    assert.equal(placed.status, 201);
    assert.equal(placed.text, '{"id":"3","user_id":"1","product":"Gadget","total":99.98,"status":"pending"}');
    const location = new URL(placed.headers.get("location")!, `${url}/api/v1/orders`);
    assert.equal(location.href, `${url}/api/v1/orders/3`);
    assert.equal((await ask(location.href, { headers: alice })).text, placed.text);
    assert.equal((await ask(location.href, { headers: admin })).text, placed.text);
    const hidden = await ask(location.href, { headers: bob });
    assert.equal(hidden.status, 404);
    assert.equal(hidden.text, '{"error":"Order not found"}');
    const ids = async (headers: Record<string, string>): Promise<unknown> => {
      const { json: list } = await ask(`${url}/api/v1/orders`, { headers });
      return (list["orders"] as { id: string }[]).map(({ id }) => id);
    };
    assert.deepEqual(await ids(alice), ["1", "3"]);
    assert.deepEqual(await ids(bob), ["2"]);
    assert.deepEqual(await ids(admin), ["1", "2", "3"]);
  });

  test("what cannot be ordered", async (t) => {
    const { url } = await openShop(t);
    const caller = bearer(await fetchToken(url));
    const cases = [
      { status: 422, error: "Unknown product", headers: json, body: '{"product":"Gizmo"}' },
      { status: 422, error: "Unknown product", headers: json, body: "{}" },
      {
        status: 415,
        error: "Content-Type must be application/json",
        headers: {},
        body: '{"product":"Widget"}',
      },
      {
        status: 415,
        error: "Content-Type must be application/json",
        headers: { "content-type": "application/x-www-form-urlencoded" },
        body: "product=Widget",
      },
      { status: 400, error: "Body must be a JSON object", headers: json, body: "[]" },
      { status: 400, error: "Body must be a JSON object", headers: json, body: '{"product":' },
    ];
    for (const { status, error, headers, body } of cases) {
      const result = await ask(`${url}/api/v1/orders`, {
        method: "POST",
        headers: { ...caller, ...headers },
        body,
      });
      assert.equal(result.status, status, body);
      assert.deepEqual(result.json, { error });
    }
    // None of it is the service's fault.
    assert.equal((await ask(`${url}/health`)).json["status"], "healthy");
    assert.equal(
      (await ask(`${url}/api/v1/orders`, { method: "POST", headers: json, body: "{}" })).status,
      401,
    );
  });

  test("a caller is the same caller in any alphabet", async (t) => {
    const { url } = await openShop(t);
    for (const userId of ["Zoë", "Ирина", "a b", "100%", "1,2", '"1"']) {
      const headers = { ...bearer(await fetchToken(url, userId)), ...json };
      const { status, json: order } = await ask(`${url}/api/v1/orders`, {
        method: "POST",
        headers,
        body: '{"product":"Widget"}',
      });
      assert.equal(status, 201);
      assert.equal(order["user_id"], userId);
      assert.deepEqual((await ask(`${url}/api/v1/orders`, { headers })).json, { orders: [order] }, userId);
    }
  });

  test("other methods are a 405 with what there is, for those who may pass", async (t) => {
    const { url } = await openShop(t);
    const headers = bearer(await fetchToken(url));
    const cases = [
      ["DELETE", "/api/v1/users", "GET, HEAD, OPTIONS"],
      ["PUT", "/api/v1/users/1", "GET, HEAD, OPTIONS"],
      ["PATCH", "/api/v1/orders", "GET, HEAD, OPTIONS, POST"],
      ["POST", "/api/v1/orders/1", "GET, HEAD, OPTIONS"],
      ["POST", "/api/v1/products", "GET, HEAD, OPTIONS"],
      ["GET", "/api/token", "OPTIONS, POST"],
      ["POST", "/health", "GET, HEAD, OPTIONS"],
      ["DELETE", "/", "GET, HEAD, OPTIONS"],
    ] as const;
    for (const [method, path, allow] of cases) {
      const result = await ask(url + path, { method, headers });
      assert.equal(result.status, 405, `${method} ${path}`);
      assert.equal(
        result.headers.get("allow")?.split(", ").toSorted().join(", "),
        allow,
        `${method} ${path}`,
      );
      assert.equal(result.json["code"], "route.method_not_allowed");
      const options = await ask(url + path, { method: "OPTIONS", headers });
      assert.equal(options.status, 204);
      assert.equal(options.headers.get("allow")?.split(", ").toSorted().join(", "), allow);
    }
  });
});
