import assert from "node:assert/strict";
import { test } from "node:test";
import { UNKNOWN_LENGTH } from "../http/head.ts";
import { HeaderList } from "../http/headers.ts";
import { bodyOf, testExchange } from "../testing/exchange.ts";
import type { Exchange } from "./exchange.ts";
import type { BodySink } from "./legs.ts";
import { readAndReplayBody } from "./replay-body.ts";

/** An exchange whose body has been read and put back. */
async function replayed(body: Buffer, bodyLength = body.length): Promise<Exchange> {
  const x = testExchange({ method: "POST", bodyLength });
  const sent = bodyOf(x);
  sent.wanted = (sink) => {
    sink.body(body, 0, body.length);
    sink.bodyEnd(new HeaderList(["x-trailer", "1"]));
  };
  const bytes = await readAndReplayBody(x, 1024 * 1024);
  assert.deepEqual(Buffer.from(bytes), body);
  assert.equal(sent.sink, undefined);
  assert.equal(x.request.bodyLength, body.length);
  return x;
}

/** Takes everything, and stops after each piece where `slow`. */
function collect(slow: boolean): BodySink & { pieces: Buffer[]; ends: number } {
  return {
    pieces: [],
    ends: 0,
    body(bytes, start, end) {
      this.pieces.push(Buffer.from(bytes.subarray(start, end)));
      return !slow;
    },
    bodyEnd(trailers) {
      assert.equal(trailers, undefined);
      this.ends++;
    },
    bodyAborted() {},
  };
}

for (const length of [0, 1, 64 * 1024, 64 * 1024 + 1, 300_000]) {
  test(`${length} bytes come once more, in pieces, and end once`, async () => {
    const body = Buffer.alloc(length, "0123456789");
    const x = await replayed(body, UNKNOWN_LENGTH);
    const sink = collect(false);
    x.requestBody.readTo(sink);
    x.requestBody.readTo(sink);
    assert.deepEqual(Buffer.concat(sink.pieces), body);
    assert.equal(sink.pieces.length, Math.ceil(length / (64 * 1024)));
    assert.equal(sink.ends, 1);
  });
}

test("a sink that stops is given nothing until it asks again", async () => {
  const body = Buffer.alloc(150_000, "x");
  const x = await replayed(body);
  const sink = collect(true);
  for (let i = 1; i <= 3; i++) {
    x.requestBody.readTo(sink);
    assert.equal(sink.pieces.length, i);
    assert.equal(sink.ends, 0);
  }
  x.requestBody.readTo(sink);
  assert.equal(sink.ends, 1);
  assert.deepEqual(Buffer.concat(sink.pieces), body);
});

test("a sink that goes away in the middle ends it", async () => {
  const x = await replayed(Buffer.alloc(150_000));
  let pieces = 0;
  x.requestBody.readTo({
    body() {
      pieces++;
      x.requestBody.leave();
      return true;
    },
    bodyEnd: () => assert.fail("not read whole"),
    bodyAborted: () => assert.fail("it has gone"),
  });
  assert.equal(pieces, 1);
  x.requestBody.abort();
});

test("a sink whose request is over is told once, and gets no more", async () => {
  const x = await replayed(Buffer.alloc(150_000));
  let told = 0;
  const sink = { ...collect(true), bodyAborted: () => void told++ };
  x.requestBody.readTo(sink);
  x.requestBody.abort();
  x.requestBody.abort();
  assert.equal(told, 1);
  assert.equal(sink.pieces.length, 1);
  assert.equal(sink.ends, 0);
});

test("a body that cannot be read is not put back", async () => {
  const x = testExchange({ bodyLength: 11 });
  const sent = bodyOf(x);
  await assert.rejects(readAndReplayBody(x, 10), { name: "BodyError", reason: "too-large" });
  assert.equal(x.requestBody, sent);
  assert.equal(sent.sink, undefined);
  assert.equal(x.request.bodyLength, 11);
});
