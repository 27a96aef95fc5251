/** Requests that come without a socket take the same road. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { OK, service, stage } from "./harness.ts";
import { eventually } from "./raw-peer.ts";

test("a request is forwarded and its answer comes back", async (t) => {
  const backend = await service(t);
  const gateway = await stage(t, { services: { backend: { targets: [backend.url] } } });
  const pending = gateway.gateway.inject(
    new Request("http://shop.example/users?x", { headers: { "x-a": "b" } }),
  );
  const peer = await backend.accept();
  const request = await peer.takeMessage();
  assert.equal(request.line, "GET /users?x HTTP/1.1");
  assert.equal(request.headers.get("x-a"), "b");
  assert.equal(request.headers.get("x-forwarded-host"), "shop.example");
  peer.write(OK);
  const response = await pending;
  assert.equal(response.status, 200);
  assert.equal(response.headers.get("via"), "1.1 portcullis");
  assert.equal(await response.text(), "ok");
});

test("bodies stream both ways", async (t) => {
  const backend = await service(t);
  const gateway = await stage(t, { services: { backend: { targets: [backend.url] } } });
  const sent = Promise.withResolvers<ReadableStreamDefaultController<Uint8Array>>();
  const body = new ReadableStream<Uint8Array>({ start: (controller) => sent.resolve(controller) });
  const pending = gateway.gateway.inject(new Request("http://a/", { method: "POST", body, duplex: "half" }));
  const peer = await backend.accept();
  await peer.take("\r\n\r\n");
  const controller = await sent.promise;
  controller.enqueue(Buffer.from("one"));
  await peer.take("3\r\none\r\n");
  peer.write("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nab\r\n");
  const reader = (await pending).body!.getReader();
  assert.equal(Buffer.from((await reader.read()).value).toString(), "ab");
  controller.enqueue(Buffer.from("two"));
  controller.close();
  await peer.take("0\r\n\r\n");
  peer.write("1\r\nc\r\n0\r\n\r\n");
  assert.equal(Buffer.from((await reader.read()).value).toString(), "c");
  assert.equal((await reader.read()).done, true);
});

test("a large answer that is read slowly is whole, and bounded on its way", async (t) => {
  const backend = await service(t);
  const gateway = await stage(t, { services: { backend: { targets: [backend.url] } } });
  const pending = gateway.gateway.inject(new Request("http://a/"));
  const peer = await backend.accept();
  await peer.takeMessage();
  const length = 40 * 1024 * 1024;
  peer.write(`HTTP/1.1 200 OK\r\ncontent-length: ${length}\r\n\r\n`).write(Buffer.alloc(length));
  const response = await pending;
  const reader = response.body!.getReader();
  await eventually(() => peer.socket.writableLength > 0, "the service waits");
  let total = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    total += value.length;
  }
  assert.equal(total, length);
});

test("an answer that breaks off is an error of its body", async (t) => {
  const backend = await service(t);
  const gateway = await stage(t, { services: { backend: { targets: [backend.url] } } });
  const pending = gateway.gateway.inject(new Request("http://a/"));
  const peer = await backend.accept();
  await peer.takeMessage();
  peer.write("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nabc");
  const response = await pending;
  peer.destroy();
  await assert.rejects(response.text(), TypeError);
});

for (const when of ["before", "while it waits", "while its answer comes"] as const) {
  test(`a request that is aborted ${when} ends, with the reason`, async (t) => {
    const backend = await service(t);
    const gateway = await stage(t, { services: { backend: { targets: [backend.url] } } });
    const abort = new AbortController();
    const reason = new Error("no longer wanted");
    if (when === "before") abort.abort(reason);
    const pending = gateway.gateway.inject(new Request("http://a/", { signal: abort.signal }));
    if (when === "before") {
      await assert.rejects(pending, reason);
      return;
    }
    const peer = await backend.accept();
    await peer.takeMessage();
    if (when === "while it waits") {
      abort.abort(reason);
      await assert.rejects(pending, reason);
    } else {
      peer.write("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nabc");
      const response = await pending;
      abort.abort(reason);
      await assert.rejects(response.text(), reason);
    }
    await peer.ended();
    assert.equal((await gateway.finished(1))[0]!.code, "client.aborted");
  });
}

test("a caller that cancels the answer's body ends the attempt", async (t) => {
  const backend = await service(t);
  const gateway = await stage(t, { services: { backend: { targets: [backend.url] } } });
  const pending = gateway.gateway.inject(new Request("http://a/"));
  const peer = await backend.accept();
  await peer.takeMessage();
  peer.write("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nabc");
  await (await pending).body!.cancel();
  await peer.ended();
});

test("refusals, empty answers and HEAD are as on the wire", async (t) => {
  const gateway = await stage(t, {
    routes: [
      { path: "/none", handler: { respond: { status: 204 } } },
      { path: "/some", method: "GET", handler: { respond: { body: "some" } } },
    ],
  });
  const { gateway: inject } = gateway;
  assert.equal((await inject.inject(new Request("http://a/nowhere"))).status, 404);
  const none = await inject.inject(new Request("http://a/none"));
  assert.equal(none.body, null);
  const head = await inject.inject(new Request("http://a/some", { method: "HEAD" }));
  assert.equal(head.headers.get("content-length"), "4");
  assert.equal(await head.text(), "");
  await gateway.close();
  await assert.rejects(inject.inject(new Request("http://a/some")), TypeError);
});

test("an upload that is refused early does not fail the call", async (t) => {
  const gateway = await stage(t, {
    limits: { body: "10b" },
    routes: [
      {
        path: "/*",
        policies: { jwt: { secret: "a".repeat(32), algorithms: ["HS256"] } },
        handler: { respond: {} },
      },
    ],
  });
  const response = await gateway.gateway.inject(
    new Request("http://a/", { method: "POST", body: "x".repeat(1_000_000) }),
  );
  assert.equal(response.status, 401);
  assert.equal(JSON.parse(await response.text()).error.length > 0, true);
});
