import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { abandon } from "../../core/end-exchange.ts";
import { UNKNOWN_LENGTH } from "../../http/head.ts";
import { bodyOf } from "../../testing/exchange.ts";
import { ask, exchangeWith, textOf } from "./testing.ts";

describe("fetch: a request's body", () => {
  test("is asked for when it is read, one piece at a time", async () => {
    const memory = new Uint8Array(4);
    const pieces = ["abcd", "ef", "ghi"];
    let asked = 0;
    let stopped = 0;
    const x = exchangeWith(
      { method: "POST", bodyLength: UNKNOWN_LENGTH },
      {
        wanted(sink) {
          asked++;
          const piece = pieces.shift();
          if (piece === undefined) return sink.bodyEnd(undefined);
          const { written } = new TextEncoder().encodeInto(piece, memory);
          if (!sink.body(memory, 0, written)) stopped++;
          memory.fill(0);
          return undefined;
        },
      },
    );
    let askedBefore = -1;
    const reply = await ask(async (request) => {
      askedBefore = asked;
      return new Response(await request.text());
    }, x);
    assert.equal(askedBefore, 0);
    assert.equal(await textOf(reply), "abcdefghi");
    assert.equal(asked, 4);
    assert.ok(stopped > 0);
  });

  test("may come in one go and from somewhere in the memory", async () => {
    const x = exchangeWith(
      { method: "PUT", bodyLength: 5 },
      {
        wanted(sink) {
          sink.body(Buffer.from("--hello--"), 2, 7);
          sink.bodyEnd(undefined);
        },
      },
    );
    const reply = await ask(
      async (request) => new Response(`${request.headers.get("content-length")} ${await request.text()}`),
      x,
    );
    assert.equal(await textOf(reply), "5 hello");
  });

  test("that is not read is not asked for", async () => {
    const x = exchangeWith({ method: "POST", bodyLength: 5 }, { wanted: () => assert.fail("asked for") });
    await ask(() => new Response("no, thanks"), x);
    assert.equal(bodyOf(x).sink, undefined);
  });

  test("that breaks off is an error for who reads it", async () => {
    const x = exchangeWith(
      { method: "POST", bodyLength: 5 },
      {
        wanted(sink) {
          sink.body(Buffer.from("hel"), 0, 3);
          queueMicrotask(() => abandon(x, "client.aborted"));
        },
      },
    );
    const outcome = Promise.withResolvers<unknown>();
    const reply = await ask(async (request) => {
      await request.text().catch(outcome.resolve);
      assert.ok(request.signal.aborted);
      throw new Error("gone");
    }, x);
    // Nobody is left to answer, and it is nobody's error.
    assert.equal(reply.body, undefined);
    assert.equal(((await outcome.promise) as Error).name, "AbortError");
  });

  test("that is given up is let by", async () => {
    const x = exchangeWith(
      { method: "POST", bodyLength: 6 },
      { wanted: (sink) => void sink.body(Buffer.from("abc"), 0, 3) },
    );
    await ask(async (request) => {
      const reader = request.body!.getReader();
      await reader.read();
      await reader.cancel();
      return new Response();
    }, x);
    const { sink } = bodyOf(x);
    assert.equal(sink!.body(Buffer.from("def"), 0, 3), true);
    sink!.bodyEnd(undefined);
  });
});
