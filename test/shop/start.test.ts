/** Starting and stopping the shop: what its environment sets, what it says, and that nothing stays behind. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { connect, type AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { suite, test, type TestContext } from "node:test";
import { BY_NPM, ask, bearer, fetchToken, runShop, startShop } from "./shop.ts";

const bounded = { timeout: 60_000 };

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function waitUntil(holds: () => boolean | Promise<boolean>): Promise<void> {
  const giveUpAt = Date.now() + 10_000;
  while (!(await holds())) {
    assert.ok(Date.now() < giveUpAt, "waited for 10 s");
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** A service elsewhere that tells which paths it was asked for, and answers when it is told to. */
async function openService(t: TestContext): Promise<{ url: string; asked: string[]; answer: () => void }> {
  const asked: string[] = [];
  const waiting: (() => void)[] = [];
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    const answer = (): void => void response.end('{"from":"elsewhere"}');
    if (request.url === "/users/slow") waiting.push(answer);
    else answer();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    asked,
    answer: () => waiting.splice(0).forEach((answer) => answer()),
  };
}

/** An order of that many bytes. */
function orderOf(bytes: number): string {
  return '{"product":"Widget"}'.padEnd(bytes);
}

suite(
  "mistakes are told in one line each, with what to do, and nothing is started",
  { ...bounded, concurrency: true },
  () => {
    const cases: readonly [Record<string, string>, ...RegExp[]][] = [
      [{ PORT: "http" }, /^shop: PORT is "http"; give a whole number from 0 to 65535$/],
      [{ HOST: "0.0.0.0" }, /^shop: HOST: credentials "none" gives anyone a token .*listen on 127\.0\.0\.1/],
      [
        { JWT_SECRET: "short", BODY_LIMIT: "much", USERS_URL: "users", ORDERS_URL: "https://127.0.0.1" },
        /^shop: USERS_URL: "users" is not a URL \(write it as http:\/\/host:port/,
        /^shop: ORDERS_URL: "https:\/\/127\.0\.0\.1": TLS to services is not supported/,
        /^shop: BODY_LIMIT: expected a size such as "512b"/,
        /^shop: JWT_SECRET: the secret has 5 bytes; .*\(make one with: openssl rand/,
      ],
    ];
    for (const [environment, ...expected] of cases) {
      test(JSON.stringify(environment), async (t) => {
        const { code, stdout, stderr } = await runShop(t, environment);
        assert.equal(code, 1);
        assert.equal(stdout, "");
        const lines = stderr.trimEnd().split("\n");
        assert.equal(lines.length, expected.length, stderr);
        for (const [index, pattern] of expected.entries()) assert.match(lines[index]!, pattern);
        assert.doesNotMatch(stderr, /short/);
      });
    }

    test("a port in use, and its services are stopped again", async (t) => {
      const { url } = await openService(t);
      const { port } = new URL(url);
      // Its end is the end of its output, which the services share: none of them is left then.
      const { code, stdout, stderr } = await runShop(t, { PORT: port });
      assert.equal(code, 1);
      assert.equal(stdout, "");
      assert.equal(
        stderr,
        `shop: port ${port} of 127.0.0.1 is in use: stop what listens there, or choose another, as in PORT=8001 npm start\n`,
      );
    });
  },
);

suite("what runs", bounded, () => {
  test("services elsewhere, limits, variables without effect; SIGTERM to npm lets what is in flight finish", async (t) => {
    const users = await openService(t);
    const secret = "a secret that is long enough for HS256";
    const environment = {
      HOST: "localhost",
      JWT_SECRET: secret,
      USERS_URL: users.url,
      PRODUCTS_URL: `${users.url}/`,
      RATE_LIMIT: "20",
      BODY_LIMIT: "64b",
      ADMIN_PORT: "8100",
      WORKERS: "4",
      REDIS_URL: "redis://127.0.0.1",
    };
    const shop = await startShop(t, environment, BY_NPM);
    assert.deepEqual(Object.keys(shop.pids), ["gateway", "orders"]);
    assert.match(shop.stdout(), /users .* not started here: USERS_URL is set\n/);
    assert.match(shop.stdout(), /Without effect.*: ADMIN_PORT, WORKERS, REDIS_URL\.\n/);
    assert.doesNotMatch(shop.stdout(), /JWT_SECRET/);

    const headers = { ...bearer(await fetchToken(shop.url)), "content-type": "application/json" };
    const answer = await ask(`${shop.url}/api/v1/users/1?a=b`, { headers });
    assert.equal(answer.text, '{"from":"elsewhere"}');
    assert.equal(answer.headers.get("x-ratelimit-limit"), "20");
    await ask(`${shop.url}/api/v1/products`, { headers });
    assert.deepEqual(users.asked, ["GET /users/1?a=b", "GET /products"]);

    const chunked = (bytes: number): RequestInit => ({
      body: new Blob([orderOf(bytes)]).stream(),
      duplex: "half",
    });
    const post = async (init: RequestInit): Promise<number> =>
      (await ask(`${shop.url}/api/v1/orders`, { ...init, method: "POST", headers })).status;
    assert.equal(await post({ body: orderOf(64) }), 201);
    assert.equal(await post({ body: orderOf(65) }), 413);
    assert.equal(await post(chunked(64)), 201);
    assert.equal(await post(chunked(65)), 413);

    const slow = ask(`${shop.url}/api/v1/users/slow`, { headers });
    await waitUntil(() => users.asked.includes("GET /users/slow"));
    shop.child.kill("SIGTERM");
    await waitUntil(() =>
      fetch(`${shop.url}/health`).then(
        () => false,
        () => true,
      ),
    );
    users.answer();
    const { status, text: body } = await slow;
    assert.equal(status, 200);
    assert.equal(body, '{"from":"elsewhere"}');
    assert.deepEqual(await shop.ended, [0, null]);
    for (const pid of Object.values(shop.pids)) assert.ok(!isRunning(pid));
    // npm itself may have something to say.
    assert.doesNotMatch(shop.stderr(), /^shop:/m);
    assert.match(shop.stdout(), /"path":"\/api\/v1\/users\/slow".*"status":200/);
  });

  test("a service that ends is told of, and its circuit opens; kill -9 of the gateway leaves no service behind", async (t) => {
    const shop = await startShop(t);
    assert.deepEqual(Object.keys(shop.pids), ["gateway", "users", "orders", "products"]);
    assert.match(shop.stdout(), /JWT_SECRET is not set: tokens are signed with a random secret/);
    const headers = bearer(await fetchToken(shop.url));
    assert.equal((await ask(`${shop.url}/api/v1/users`, { headers })).status, 200);

    process.kill(shop.pids["users"]!, "SIGKILL");
    await waitUntil(() => shop.stderr() !== "");
    assert.match(shop.stderr(), /^shop: the users service ended by SIGKILL; .*\n$/);
    const circuits = [];
    for (let i = 0; i < 6; i++) {
      const { status, json } = await ask(`${shop.url}/api/v1/users`, { headers });
      assert.equal(status, 503);
      assert.equal(json["error"], "User service unavailable");
      circuits.push(json["circuit"]);
    }
    assert.deepEqual(circuits, ["closed", "closed", "closed", "closed", "open", "open"]);
    assert.equal((await ask(`${shop.url}/health`)).json["status"], "degraded");
    assert.equal((await ask(`${shop.url}/api/v1/orders`, { headers })).status, 200);

    shop.child.kill("SIGKILL");
    await shop.ended;
    await waitUntil(() => !Object.values(shop.pids).some(isRunning));
    assert.match(shop.stderr(), /^.*\n$/);

    // The next one has another secret.
    const next = await startShop(t);
    assert.equal((await ask(`${next.url}/api/v1/orders`, { headers })).status, 401);
    // A connection that is idle does not hold up its end, and npm sends a Ctrl-C a second time.
    const idle = connect(Number(new URL(next.url).port), "127.0.0.1");
    await once(idle, "connect");
    process.kill(-next.child.pid!, "SIGINT");
    next.child.kill("SIGINT");
    assert.equal(await text(idle), "");
    assert.deepEqual(await next.ended, [0, null]);
    for (const pid of Object.values(next.pids)) assert.ok(!isRunning(pid));
    assert.equal(next.stderr(), "");
  });
});
