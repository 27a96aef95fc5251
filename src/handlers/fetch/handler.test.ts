import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import { handle } from "../../core/handle.ts";
import { abandon } from "../../core/end-exchange.ts";
import { testExchange } from "../../testing/exchange.ts";
import { simulatedHost } from "../../simulation/simulated-host.ts";
import { testAround } from "../../testing/around.ts";
import { fetchHandler } from "./handler.ts";
import { fetchConfig, type FetchExchange, type FetchFunction } from "./schema.ts";
import { ask, createHandler, exchangeWith, textOf } from "./testing.ts";

describe("fetch: the function is given", () => {
  test("the request as a service would get it", async () => {
    const x = testExchange({
      method: "DELETE",
      target: "/users/7?a=%20b",
      address: "192.0.2.1",
      headers: {
        accept: "text/plain",
        cookie: "a=b",
        "x-forwarded-for": "203.0.113.9",
        "x-forwarded-user": "root",
        "x-real-ip": "203.0.113.9",
        forwarded: "for=203.0.113.9",
        "x-user-id": "1",
      },
    });
    x.forwardHeaders = ["x-user-id", "42"];
    const seen: Request[] = [];
    await ask((request) => {
      seen.push(request);
      return new Response();
    }, x);
    const [request] = seen;
    assert.equal(request?.method, "DELETE");
    assert.equal(request.url, "http://gateway.test/users/7?a=%20b");
    assert.equal(request.body, null);
    assert.deepEqual(Object.fromEntries(request.headers), {
      accept: "text/plain",
      cookie: "a=b",
      host: "gateway.test",
      traceparent: x.traceparent,
      via: "1.1 portcullis",
      "x-forwarded-for": "192.0.2.1",
      "x-forwarded-host": "gateway.test",
      "x-forwarded-proto": "http",
      "x-request-id": x.id,
      "x-user-id": "42",
    });
  });

  test("what the gateway knows beside it", async () => {
    const x = testExchange({ address: "192.0.2.1" });
    x.params = { id: "7" };
    x.caller = { kind: "jwt", id: "42", claims: {}, scopes: [] };
    const seen: FetchExchange[] = [];
    await ask((_request, exchange) => {
      seen.push(exchange);
      return new Response();
    }, x);
    assert.deepEqual(seen, [{ id: x.id, params: x.params, caller: x.caller, clientAddress: "192.0.2.1" }]);
  });

  test("a GET without the body that its client sends", async () => {
    const reply = await ask((request) => Response.json(request.body), testExchange({ bodyLength: 5 }));
    assert.equal(await textOf(reply), "null");
  });

  test("nothing that the Fetch standard has no form for", async () => {
    const reply = await ask(() => assert.fail("called"), testExchange({ method: "TRACK" }));
    assert.equal(reply.refusal?.kind.code, "fetch.unrepresentable");
    assert.equal(reply.status, 400);
  });
});

describe("fetch: the answer is", () => {
  const answers: [
    title: string,
    response: () => Response,
    status: number,
    headers: string[],
    body: string,
  ][] = [
    ["a text", () => new Response("hi"), 200, ["content-type", "text/plain;charset=UTF-8"], "hi"],
    ["a status alone", () => new Response(null, { status: 204 }), 204, [], ""],
    [
      "JSON",
      () => Response.json({ a: 1 }, { status: 422 }),
      422,
      ["content-type", "application/json"],
      '{"a":1}',
    ],
    [
      "every cookie",
      () =>
        new Response(null, {
          headers: [
            ["Set-Cookie", "a=1"],
            ["X-A", "1"],
            ["set-cookie", "b=2"],
          ],
        }),
      200,
      ["set-cookie", "a=1", "set-cookie", "b=2", "x-a", "1"],
      "",
    ],
    [
      "without what belongs to the connection and to framing",
      () =>
        new Response(null, {
          headers: {
            connection: "close",
            "content-length": "99",
            "keep-alive": "timeout=5",
            "transfer-encoding": "chunked",
            trailer: "x-t",
            upgrade: "h2c",
            "x-kept": "1",
          },
        }),
      200,
      ["x-kept", "1"],
      "",
    ],
    [
      "what was encoded by the function",
      () => new Response(null, { headers: { "content-encoding": "gzip" } }),
      200,
      ["content-encoding", "gzip"],
      "",
    ],
    [
      "what fetch() has decoded",
      () =>
        Object.defineProperty(new Response(null, { headers: { "content-encoding": "gzip" } }), "url", {
          value: "http://upstream.test/",
        }),
      200,
      [],
      "",
    ],
  ];
  for (const [title, create, status, headers, body] of answers) {
    test(title, async () => {
      for (const answer of [create, () => Promise.resolve(create())]) {
        const reply = await ask(answer);
        assert.equal(reply.status, status);
        assert.deepEqual(reply.headers, headers);
        assert.equal(await textOf(reply), body);
      }
    });
  }

  const faults: [title: string, answer: () => unknown][] = [
    ["nothing", () => undefined],
    ["an object", () => ({ status: 200 })],
    ["a network error", () => Response.error()],
    ["a rejection", () => Promise.reject(new TypeError("no"))],
    [
      "a used response",
      async () => {
        const response = new Response("a");
        await response.text();
        return response;
      },
    ],
  ];
  for (const [title, answer] of faults) {
    test(`an error for ${title}`, async () => {
      await assert.rejects(
        ask(async () => (await answer()) as Response),
        TypeError,
      );
    });
  }

  test("an error for a throw", () => {
    const handler = createHandler(() => {
      throw new RangeError("no");
    });
    assert.throws(() => handler.handle(testExchange()), RangeError);
  });
});

describe("fetch: when the client goes away", () => {
  test("the signal tells a function that still works, and its answer is dropped", async () => {
    const x = testExchange();
    const cancelled = Promise.withResolvers<void>();
    const reply = await ask(async (request) => {
      const aborted = new Promise((resolve) => request.signal.addEventListener("abort", resolve));
      abandon(x, "client.aborted");
      await aborted;
      return new Response(new ReadableStream({ cancel: () => cancelled.resolve() }));
    }, x);
    await cancelled.promise;
    assert.equal(reply.body, undefined);
  });

  test("in the middle of the answer, its stream and the signal are told", async () => {
    const written = Promise.withResolvers<void>();
    const cancelled = Promise.withResolvers<void>();
    const aborted = Promise.withResolvers<void>();
    const x = exchangeWith({}, { body: () => (written.resolve(), false) });
    x.handler = createHandler((request) => {
      request.signal.addEventListener("abort", () => aborted.resolve());
      return new Response(
        new ReadableStream({
          pull: (controller) => controller.enqueue(new Uint8Array(10)),
          cancel: () => cancelled.resolve(),
        }),
      );
    });
    handle(x);
    await written.promise;
    abandon(x, "client.aborted");
    await Promise.all([cancelled.promise, aborted.promise]);
  });
});

describe("fetch: a function that does not answer", () => {
  test("is told to stop and answered for after its time, and what it gives later is dropped", async () => {
    const host = simulatedHost();
    const later = Promise.withResolvers<Response>();
    const dropped = Promise.withResolvers<void>();
    let signal: AbortSignal | undefined;
    const config = fetchConfig.parse({
      answer: (request: Request) => {
        ({ signal } = request);
        return later.promise;
      },
      timeout: "5s",
    });
    const handler = fetchHandler.create(config, testAround({ host }));
    const reply = handler.handle(testExchange());
    host.clock.advance(4_900);
    await nextTurn();
    assert.equal(signal?.aborted, false);
    host.clock.advance(200);
    assert.equal((await reply)?.refusal?.kind.code, "fetch.timeout");
    assert.equal((await reply)?.status, 504);
    assert.equal(signal.aborted, true);
    later.resolve(new Response(new ReadableStream({ cancel: () => dropped.resolve() })));
    await dropped.promise;
  });

  test("may fail later as it likes", async () => {
    const host = simulatedHost();
    const later = Promise.withResolvers<Response>();
    const config = fetchConfig.parse(() => later.promise);
    const handler = fetchHandler.create(config, testAround({ host }));
    const reply = handler.handle(testExchange());
    host.clock.advance(60_100);
    assert.equal((await reply)?.refusal?.kind.code, "fetch.timeout");
    later.reject(new Error("too late for anybody"));
    // A rejection that nobody handles would fail the test here.
    await nextTurn();
  });
});

test("fetch: an endless answer to HEAD ends with its head", async () => {
  const finished = Promise.withResolvers<void>();
  const x = exchangeWith(
    { method: "HEAD" },
    { body: () => assert.fail("a body"), finished: () => finished.resolve() },
  );
  const cancelled = Promise.withResolvers<void>();
  x.handler = createHandler(
    () =>
      new Response(
        new ReadableStream({
          pull: (controller) => controller.enqueue(new Uint8Array(10)),
          cancel: () => cancelled.resolve(),
        }),
      ),
  );
  handle(x);
  await Promise.all([finished.promise, cancelled.promise]);
  assert.ok(x.complete);
});

const answer: FetchFunction = (request) => Response.json(request.url);

test("fetch takes a function or, with a time limit, an object", () => {
  assert.deepEqual(fetchConfig.parse(answer), { answer, timeout: 60_000 });
  assert.deepEqual(fetchConfig.parse({ answer, timeout: "1s" }), { answer, timeout: 1000 });
});

test("fetch refuses a config that is no function, and says where one can stand", () => {
  const result = fetchConfig.safeParse("module.ts");
  assert.match(result.error?.message ?? "", /only a config in TypeScript/);
});
