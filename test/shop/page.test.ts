/** The tour of the shop, as its page tells it: every command by curl where that is installed, and by fetch. */
import assert from "node:assert/strict";
import { execFile, spawnSync } from "node:child_process";
import { createHmac } from "node:crypto";
import { after, before, suite, test } from "node:test";
import { promisify } from "node:util";
import { ask, bearer, fetchToken, startShop, type ShopProcess } from "./shop.ts";

const run = promisify(execFile);
const hasCurl = spawnSync("curl", ["--version"]).status === 0;

const alice = '{"id":"1","name":"Alice","email":"alice@example.com"}';
const bob = '{"id":"2","name":"Bob","email":"bob@example.com"}';
const widget = '{"id":"1","name":"Widget","price":29.99,"stock":150}';
const gadget = '{"id":"2","name":"Gadget","price":49.99,"stock":75}';
const shipped = '{"id":"1","user_id":"1","product":"Widget","total":29.99,"status":"shipped"}';
const pending = '{"id":"2","user_id":"2","product":"Gadget","total":49.99,"status":"pending"}';

/** Who asks for what, and the body word for word. */
const answers = [
  { as: ["1", "admin"], path: "/api/v1/users", status: 200, body: `{"users":[${alice},${bob}]}` },
  { as: ["1", "admin"], path: "/api/v1/users/1", status: 200, body: alice },
  { as: ["1", "admin"], path: "/api/v1/users/3", status: 404, body: '{"error":"User not found"}' },
  { as: ["1", "admin"], path: "/api/v1/orders", status: 200, body: `{"orders":[${shipped},${pending}]}` },
  { as: ["2", "admin"], path: "/api/v1/orders", status: 200, body: `{"orders":[${shipped},${pending}]}` },
  { as: ["1", "user"], path: "/api/v1/orders", status: 200, body: `{"orders":[${shipped}]}` },
  { as: ["2", "user"], path: "/api/v1/orders", status: 200, body: `{"orders":[${pending}]}` },
  { as: ["3", "user"], path: "/api/v1/orders", status: 200, body: '{"orders":[]}' },
  { as: ["1", "Admin"], path: "/api/v1/orders", status: 200, body: `{"orders":[${shipped}]}` },
  { as: ["1", "user"], path: "/api/v1/products", status: 200, body: `{"products":[${widget},${gadget}]}` },
  { as: ["1", "user"], path: "/api/v1/products/2", status: 200, body: gadget },
  { as: ["1", "user"], path: "/api/v1/products/x", status: 404, body: '{"error":"Product not found"}' },
] as const;

const healthy = '{"status":"healthy","circuits":{"users":"closed","orders":"closed","products":"closed"}}';

suite("the page's tour", { timeout: 60_000 }, () => {
  const secret = "the secret of this test is forty bytes..";
  let shop: ShopProcess;
  const cleanUp: (() => void)[] = [];
  before(async () => {
    shop = await startShop(
      { after: (task) => void cleanUp.push(task as () => void) },
      { JWT_SECRET: secret },
    );
  });
  after(() => cleanUp.forEach((task) => task()));

  test("a token, by curl", { skip: hasCurl ? false : "curl is not installed" }, async () => {
    const type = ["-H", "Content-Type: application/json"];
    const data = ["-d", '{"user_id": "1", "role": "admin"}'];
    const { stdout } = await run("curl", ["-sS", "-X", "POST", `${shop.url}/api/token`, ...type, ...data]);
    assert.match(stdout, /^\{"token":"[\w-]+\.[\w-]+\.[\w-]+","expires_in":3600\}$/);
    const { token } = JSON.parse(stdout) as { token: string };
    const authorization = ["-H", `Authorization: Bearer ${token}`];
    for (const { as, path, body } of answers.filter(({ as: [id, role] }) => id === "1" && role === "admin")) {
      assert.equal((await run("curl", ["-sS", ...authorization, shop.url + path])).stdout, body, as.join());
    }
    assert.equal((await run("curl", ["-sS", `${shop.url}/health`])).stdout, healthy);
  });

  for (const { as, path, status, body } of answers) {
    test(`GET ${path} as user ${as[0]} with role ${as[1]} is a ${status}`, async () => {
      const result = await ask(shop.url + path, { headers: bearer(await fetchToken(shop.url, ...as)) });
      assert.equal(result.status, status);
      assert.equal(result.text, body);
      assert.equal(result.headers.get("content-type"), "application/json");
    });
  }

  test("a token is a JWT of three parts with a whole HMAC-SHA256 of the secret", async () => {
    const [header, payload, signature, ...more] = (await fetchToken(shop.url, "1", "admin")).split(".");
    assert.deepEqual(more, []);
    const { alg } = JSON.parse(Buffer.from(header!, "base64url").toString()) as { alg: string };
    assert.equal(alg, "HS256");
    const whole = createHmac("sha256", secret).update(`${header}.${payload}`).digest("base64url");
    assert.equal(signature, whole);
    const claims = JSON.parse(Buffer.from(payload!, "base64url").toString()) as Record<string, unknown>;
    assert.equal(claims["sub"], "1");
    assert.equal(claims["role"], "admin");
    assert.equal((claims["exp"] as number) - (claims["iat"] as number), 3600);
  });

  test("the token route knows the page's defaults", async () => {
    const { json } = await ask(`${shop.url}/api/token`, { method: "POST", body: "{}" });
    const payload = String(json["token"]).split(".")[1]!;
    const { sub, role } = JSON.parse(Buffer.from(payload, "base64url").toString()) as Record<string, unknown>;
    assert.deepEqual({ sub, role }, { sub: "anonymous", role: "user" });
  });

  test("health and index need no token, and the index has the page's endpoints", async () => {
    assert.equal((await ask(`${shop.url}/health`)).text, healthy);
    const { status, json } = await ask(`${shop.url}/`);
    assert.equal(status, 200);
    assert.equal(json["gateway"], "portcullis");
    const endpoints = new Set((json["endpoints"] as object[]).map((endpoint) => JSON.stringify(endpoint)));
    for (const endpoint of [
      { path: "/api/token", method: "POST", auth: false },
      { path: "/api/v1/users", method: "GET", auth: true },
      { path: "/api/v1/orders", method: "GET", auth: true },
      { path: "/api/v1/products", method: "GET", auth: true },
      { path: "/health", method: "GET", auth: false },
    ]) {
      assert.ok(endpoints.has(JSON.stringify(endpoint)), endpoint.path);
    }
  });

  test("the log has one JSON line for each request, and no token in it", async () => {
    const token = await fetchToken(shop.url);
    const { headers } = await ask(`${shop.url}/api/v1/users/1?token=${token}`, { headers: bearer(token) });
    const id = headers.get("x-request-id")!;
    for (let turn = 0; turn < 500 && !shop.stdout().includes(id); turn++) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    const lines = shop.stdout().split("\n");
    const line = JSON.parse(lines.find((text) => text.includes(id))!) as Record<string, unknown>;
    const { method, path, route, service, status, callerId, requestBytes, responseBytes } = line;
    assert.deepEqual(
      { method, path, route, service, status, callerId, requestBytes, responseBytes },
      {
        method: "GET",
        path: "/api/v1/users/1",
        route: "GET /api/v1/users/{id}",
        service: "users",
        status: 200,
        callerId: "1",
        requestBytes: 0,
        responseBytes: alice.length,
      },
    );
    assert.ok(!shop.stdout().includes(token));
    assert.ok(!shop.stdout().includes(secret));
    assert.equal(shop.stderr(), "");
  });
});
