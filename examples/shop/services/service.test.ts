import assert from "node:assert/strict";
import { once } from "node:events";
import { Agent, get } from "node:http";
import { connect } from "node:net";
import { test } from "node:test";
import { text } from "node:stream/consumers";
import { createService, ok, Refusal, stopService } from "./service.ts";
import type { Answer, ServiceOptions } from "./service.ts";
import { send, start } from "./testing.ts";

function create(paths: ServiceOptions["paths"], close: () => void = () => {}) {
  return createService({ paths, close });
}

const things = { "/things": { GET: () => ok([]), POST: () => ok("made") }, "/things/{id}": { GET: item } };

function item(_request: unknown, id: string): Answer {
  if (id === "1") return ok({ id });
  throw new Refusal(404, "Thing not found");
}

const cases: readonly { method?: string; path: string; status: number; json?: unknown; allow?: string }[] = [
  { path: "/health", status: 200, json: { status: "ok" } },
  { path: "/health?deep=1", status: 200, json: { status: "ok" } },
  { path: "/things", status: 200, json: [] },
  { path: "/things?", status: 200, json: [] },
  { path: "/things/1", status: 200, json: { id: "1" } },
  { path: "/things/1?a/b", status: 200, json: { id: "1" } },
  { path: "/things/%31", status: 200, json: { id: "1" } },
  { path: "/things/2", status: 404, json: { error: "Thing not found" } },
  { path: "/things/", status: 404, json: { error: "Not found" } },
  { path: "/things/%ff", status: 404, json: { error: "Not found" } },
  { path: "/things/1/2", status: 404, json: { error: "Not found" } },
  { path: "/things/{id}", status: 404, json: { error: "Thing not found" } },
  { path: "//things", status: 404, json: { error: "Not found" } },
  { path: "/", status: 404, json: { error: "Not found" } },
  { path: "/__proto__", status: 404, json: { error: "Not found" } },
  { path: "/constructor/1", status: 404, json: { error: "Not found" } },
  { path: "*", method: "OPTIONS", status: 404, json: { error: "Not found" } },
  { path: "/things", method: "POST", status: 200, json: "made" },
  { path: "/things", method: "HEAD", status: 200 },
  { path: "/things/1", method: "HEAD", status: 200 },
  { path: "/things/2", method: "HEAD", status: 404 },
  { path: "/things", method: "DELETE", status: 405, allow: "GET, HEAD, POST" },
  { path: "/things/1", method: "POST", status: 405, allow: "GET, HEAD" },
  { path: "/things/2", method: "PUT", status: 405, allow: "GET, HEAD" },
  { path: "/health", method: "OPTIONS", status: 405, allow: "GET, HEAD" },
];

test("paths and methods", async (t) => {
  const port = await start(t, create(things));
  for (const { method = "GET", path, status, json, allow } of cases) {
    await t.test(`${method} ${path} is a ${status}`, async () => {
      const result = await send(port, path, { method });
      assert.equal(result.status, status);
      assert.equal(result.headers.allow, allow);
      assert.equal(result.headers["content-type"], "application/json");
      if (method !== "HEAD") {
        assert.deepEqual(result.json, status === 405 ? { error: "Method not allowed" } : json);
      }
    });
  }
});

test("HEAD has the headers of GET and no body", async (t) => {
  const port = await start(t, create(things));
  const head = await send(port, "/things/1", { method: "HEAD" });
  const full = await send(port, "/things/1");
  assert.equal(head.text, "");
  assert.equal(head.headers["content-length"], full.headers["content-length"]);
  assert.equal(head.headers["content-length"], String(full.text.length));
});

test("Content-Length counts bytes, not characters", async (t) => {
  const port = await start(t, create({ "/name": { GET: () => ok("Zoë 🦉") } }));
  assert.equal((await send(port, "/name")).json, "Zoë 🦉");
});

test("a fault is a 500 that tells nothing, logged once, and the next request works", async (t) => {
  const logged = t.mock.method(console, "error", () => {});
  const fault = new Error("no such table: secrets");
  const port = await start(
    t,
    create({
      "/throws": {
        GET: () => {
          throw fault;
        },
      },
      "/rejects": { GET: () => Promise.reject(fault) },
    }),
  );
  for (const path of ["/throws", "/rejects"]) {
    const result = await send(port, path);
    assert.equal(result.status, 500);
    assert.deepEqual(result.json, { error: "Internal error" });
  }
  assert.deepEqual(
    logged.mock.calls.map((entry) => entry.arguments),
    [[fault], [fault]],
  );
  assert.equal((await send(port, "/health")).status, 200);
});

test("no header is dropped, however many there are", async (t) => {
  const port = await start(t, create({ "/last": { GET: (request) => ok(request.headers["x-user-id"]) } }));
  const filler = Object.fromEntries(Array.from({ length: 2500 }, (_, index) => [`x-${index}`, "1"]));
  assert.equal((await send(port, "/last", { headers: { ...filler, "x-user-id": "1" } })).json, "1");
});

test(
  "a stopping service answers what is in flight, closes that connection, then its database",
  { timeout: 10_000 },
  async (t) => {
    const arrived = Promise.withResolvers<void>();
    const release = Promise.withResolvers<Answer>();
    let closed = 0;
    const server = create(
      {
        "/slow": {
          GET: () => {
            arrived.resolve();
            return release.promise;
          },
        },
      },
      () => closed++,
    );
    const port = await start(t, server);
    const agent = new Agent({ keepAlive: true });
    t.after(() => agent.destroy());
    const answered = once(get({ host: "127.0.0.1", port, path: "/slow", agent }), "response");
    await arrived.promise;
    const stopped = once(server, "close");
    stopService(server, () => {});
    assert.equal(closed, 0);
    release.resolve(ok("done"));
    const [response] = await answered;
    assert.equal(response.headers.connection, "close");
    assert.equal(await text(response), '"done"');
    await stopped;
    assert.equal(closed, 1);
  },
);

test("half a request does not keep a stopping service alive", { timeout: 10_000 }, async (t) => {
  const server = create(things);
  const port = await start(t, server);
  const arrived = once(server, "request");
  const socket = connect(port, "127.0.0.1");
  t.after(() => socket.destroy());
  socket.on("error", () => {});
  socket.write("GET /health HTTP/1.1\r\nHost: a\r\n\r\nGET /health");
  await arrived;
  await once(socket, "data");

  t.mock.timers.enable({ apis: ["setTimeout"] });
  const stopped = Promise.withResolvers<void>();
  let isStopped = false;
  stopService(server, () => {
    isStopped = true;
    stopped.resolve();
  });
  t.mock.timers.tick(4_999);
  await new Promise(setImmediate);
  assert.equal(isStopped, false);
  t.mock.timers.tick(1);
  await stopped.promise;
});

test("what is no HTTP gets a 400 and the next request works", async (t) => {
  const port = await start(t, create(things));
  const socket = connect(port, "127.0.0.1");
  socket.end("hello\r\n\r\n");
  assert.match(await text(socket), /^HTTP\/1\.1 400 /);
  assert.equal((await send(port, "/health")).status, 200);
});
