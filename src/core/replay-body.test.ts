import assert from "node:assert/strict";
import { test } from "node:test";
import { UNKNOWN_LENGTH } from "../http/head.ts";
import { HeaderList } from "../http/headers.ts";
import { testExchange } from "../testing/exchange.ts";
import type { Exchange } from "./exchange.ts";
import type { BodySink } from "./legs.ts";
import { readAndReplayBody } from "./replay-body.ts";

/** An exchange whose body has been read and put back. */
async function replayed(body: Buffer, bodyLength = body.length): Promise<Exchange> {
  const x = testExchange({ method: "POST", bodyLength });
  x.client.readBody = () => {
    x.sink!.body(body, 0, body.length);
    x.sink!.bodyEnd(new HeaderList(["x-trailer", "1"]));
  };
  const bytes = await readAndReplayBody(x, 1024 * 1024);
  assert.deepEqual(Buffer.from(bytes), body);
  assert.equal(x.sink, undefined);
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
    x.sink = sink;
    x.client.readBody(x);
    x.client.readBody(x);
    assert.deepEqual(Buffer.concat(sink.pieces), body);
    assert.equal(sink.pieces.length, Math.ceil(length / (64 * 1024)));
    assert.equal(sink.ends, 1);
  });
}

test("a sink that stops is given nothing until it asks again", async () => {
  const body = Buffer.alloc(150_000, "x");
  const x = await replayed(body);
  const sink = collect(true);
  x.sink = sink;
  for (let i = 1; i <= 3; i++) {
    x.client.readBody(x);
    assert.equal(sink.pieces.length, i);
    assert.equal(sink.ends, 0);
  }
  x.client.readBody(x);
  assert.equal(sink.ends, 1);
  assert.deepEqual(Buffer.concat(sink.pieces), body);
});

test("a sink that goes away in the middle ends it", async () => {
  const x = await replayed(Buffer.alloc(150_000));
  const sink = collect(false);
  x.sink = {
    ...sink,
    body: () => ((x.sink = undefined), true),
    bodyEnd: () => assert.fail("not read whole"),
  };
  x.client.readBody(x);
  x.client.readBody(x);
  assert.equal(x.sink, undefined);
});

test("the response goes its own way", async () => {
  const x = testExchange({ bodyLength: 1 });
  const calls: string[] = [];
  const names = ["writeInterim", "writeHead", "writeEnd", "truncate", "finished"] as const;
  for (const name of names) x.client[name] = () => void calls.push(name);
  x.client.writeBody = (_x, bytes, start, end) => {
    calls.push(`writeBody ${bytes.length} ${start} ${end}`);
    return false;
  };
  x.client.readBody = () => x.sink!.bodyEnd(undefined);
  await readAndReplayBody(x, 10);
  x.client.writeInterim(103, new HeaderList());
  x.client.writeHead(x);
  assert.equal(x.client.writeBody(x, Buffer.from("abc"), 1, 2), false);
  x.client.writeEnd(x, undefined);
  x.client.truncate(x);
  x.client.finished(x);
  assert.deepEqual(calls, [
    "writeInterim",
    "writeHead",
    "writeBody 3 1 2",
    "writeEnd",
    "truncate",
    "finished",
  ]);
});

test("a body that cannot be read is not put back", async () => {
  const x = testExchange({ bodyLength: 11 });
  const { client } = x;
  await assert.rejects(readAndReplayBody(x, 10), { name: "BodyError", reason: "too-large" });
  assert.equal(x.client, client);
  assert.equal(x.sink, undefined);
  assert.equal(x.request.bodyLength, 11);
});
