/** Policies and handlers that wait, fail, stream or never end: the pipeline stays in order, and lives. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { BodyEncoder, EncoderOutput } from "../../src/core/body-encoder.ts";
import type { Handler } from "../../src/core/handler.ts";
import type { Policy } from "../../src/core/policy.ts";
import type { Exchange } from "../../src/core/exchange.ts";
import { readWholeBody } from "../../src/core/read-body.ts";
import { reply } from "../../src/core/respond.ts";
import { fetchHandler } from "../../src/handlers/fetch/handler.ts";
import { fetchConfig } from "../../src/handlers/fetch/schema.ts";
import { testAround } from "../../src/testing/around.ts";
import { stageOfRoute } from "./harness.ts";
import { eventually } from "./raw-peer.ts";

const GET = "GET / HTTP/1.1\r\nhost: a\r\n\r\n";
const answers: Handler = { handle: () => ({ status: 200, body: "ok" }) };

function stream(...pieces: string[]): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      for (const piece of pieces) controller.enqueue(Buffer.from(piece));
      controller.close();
    },
  });
}

const boom = (): never => {
  throw new Error("boom");
};
const failing: readonly { name: string; policy?: Policy; handler?: Handler }[] = [
  { name: "a request hook that throws", policy: { request: boom } },
  {
    name: "a request hook whose promise is rejected",
    policy: { request: () => Promise.reject(new Error("boom")) },
  },
  { name: "a response hook that throws", policy: { response: boom } },
  {
    name: "a response hook that throws before a stream",
    policy: { response: boom },
    handler: { handle: () => ({ status: 200, body: stream("x") }) },
  },
  {
    name: "a response hook that throws before a later stream",
    policy: { response: boom },
    handler: { handle: () => Promise.resolve({ status: 200, body: stream("x") }) },
  },
  {
    name: "a response hook whose promise is rejected",
    policy: { response: () => Promise.reject(new Error("boom")) },
  },
  { name: "a handler that throws", handler: { handle: boom } },
  {
    name: "a handler whose promise is rejected",
    handler: { handle: () => Promise.reject(new Error("boom")) },
  },
  {
    name: "a handler whose promise brings no reply",
    handler: { handle: () => Promise.resolve(undefined as never) },
  },
];
for (const { name, policy = {}, handler = answers } of failing) {
  test(`${name} is a 500, logged once with its stack, and the next request works`, async (t) => {
    let fails = true;
    const sometimes: Policy = {
      ...(policy.request && { request: (x) => (fails ? policy.request!(x) : undefined) }),
      ...(policy.response && { response: (x) => (fails ? policy.response!(x) : undefined) }),
    };
    const either: Handler = { handle: (x) => (fails ? handler.handle(x) : answers.handle(x)) };
    const gateway = await stageOfRoute(t, either, [sometimes], { internalErrors: 1 });
    const client = await gateway.client();
    client.write(GET);
    const message = await client.takeMessage();
    assert.match(message.line, /500/);
    assert.equal(JSON.parse(message.body).code, "internal");
    const [line] = gateway.host.log.lines;
    assert.match((line!.fields as { err: Error }).err.stack!, /Error: .*\n +at /);
    fails = false;
    assert.equal((await gateway.get("/")).body, "ok");
    assert.equal(gateway.done[0]!.code, "internal");
  });
}

const around: readonly { name: string; inner: Policy; handler: Handler }[] = [
  { name: "a handler that throws", inner: {}, handler: { handle: boom } },
  {
    name: "a handler whose promise is rejected",
    inner: {},
    handler: { handle: () => Promise.reject(new Error("boom")) },
  },
  { name: "a request hook that throws", inner: { request: boom }, handler: answers },
  {
    name: "a request hook whose promise is rejected",
    inner: { request: () => Promise.reject(new Error("boom")) },
    handler: answers,
  },
];
for (const { name, inner, handler } of around) {
  test(`the 500 of ${name} passes the policies around it, so that pages of other origins can read it`, async (t) => {
    const outer: Policy = { response: (x) => x.response!.headers.set("access-control-allow-origin", "*") };
    const gateway = await stageOfRoute(t, handler, [outer, inner], { internalErrors: 1 });
    const { line, headers } = await gateway.get("/");
    assert.match(line, /500/);
    assert.equal(headers.get("access-control-allow-origin"), "*");
  });
}

test("a handler and then a response hook that fail are a 500 that no policy sees, and two lines in the log", async (t) => {
  const outer: Policy = { response: (x) => x.response!.headers.set("x-outer", "1") };
  const gateway = await stageOfRoute(t, { handle: boom }, [outer, { response: boom }], { internalErrors: 2 });
  const { line, headers } = await gateway.get("/");
  assert.match(line, /500/);
  assert.equal(headers.get("x-outer"), undefined);
});

test("a done hook and an observer that throw are logged, and change nothing", async (t) => {
  const gateway = await stageOfRoute(t, answers, [{ done: boom }], {
    internalErrors: 4,
    observers: [{ done: boom }],
  });
  for (let round = 0; round < 2; round++) assert.equal((await gateway.get("/")).body, "ok");
});

const breaking: readonly { name: string; make: Partial<BodyEncoder> }[] = [
  { name: "start", make: { start: boom } },
  { name: "write", make: { write: boom } },
  { name: "end", make: { end: boom } },
];
for (const { name, make } of breaking) {
  test(`an encoder whose ${name} throws is a truncation`, async (t) => {
    const gateway = await stageOfRoute(
      t,
      { handle: () => ({ status: 200, body: "ok" }) },
      [
        {
          response: (x) => {
            x.encoder = encoder(make);
            x.response!.bodyLength = -1;
          },
        },
      ],
      { internalErrors: 1 },
    );
    const client = await gateway.client();
    client.write(GET);
    assert.equal(await client.ended(), "end");
    assert.match(client.received, /transfer-encoding: chunked\r\n\r\n$/);
    assert.equal((await gateway.finished(1))[0]!.complete, false);
  });
}

test("a stream that fails after its first piece is a truncation", async (t) => {
  const body = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        if (controller.desiredSize === 1) controller.enqueue(Buffer.from("abc"));
        else controller.error(new Error("boom"));
      },
    },
    { highWaterMark: 2 },
  );
  const gateway = await stageOfRoute(t, { handle: () => ({ status: 200, body }) }, [], { internalErrors: 1 });
  const client = await gateway.client();
  client.write(GET);
  assert.equal(await client.ended(), "end");
  assert.doesNotMatch(client.received, /\r\n0\r\n/);
});

test("HEAD of a stream without end is answered, and the stream is told to stop", async (t) => {
  let cancelled = 0;
  const handle: Handler["handle"] = () => ({
    status: 200,
    body: new ReadableStream<Uint8Array>({ cancel: () => void cancelled++ }),
  });
  const gateway = await stageOfRoute(t, { handle }, []);
  assert.match((await gateway.ask("HEAD / HTTP/1.1\r\nhost: a\r\n\r\n")).line, /200/);
  await eventually(() => cancelled === 1, "the stream is cancelled");
});

test("a stream that comes when the client has gone is told to stop", async (t) => {
  let cancelled = 0;
  const late = Promise.withResolvers<{ status: number; body: ReadableStream<Uint8Array> }>();
  const gateway = await stageOfRoute(t, { handle: () => late.promise }, []);
  const client = await gateway.client();
  client.write(GET);
  await eventually(() => gateway.host.exchanges === 1, "a request");
  client.destroy();
  await gateway.finished(1);
  late.resolve({ status: 200, body: new ReadableStream<Uint8Array>({ cancel: () => void cancelled++ }) });
  await eventually(() => cancelled === 1, "the stream is cancelled");
});

test("replies that come late go out in the order of their requests", async (t) => {
  const waiting = new Map<string, (text: string) => void>();
  const gateway = await stageOfRoute(
    t,
    {
      handle: (x) =>
        x.request.path === "/slow"
          ? new Promise((resolve) => waiting.set("slow", (body) => resolve({ status: 200, body })))
          : { status: 200, body: "fast" },
    },
    [],
  );
  const client = await gateway.client();
  client.write("GET /slow HTTP/1.1\r\nhost: a\r\n\r\nGET /fast HTTP/1.1\r\nhost: a\r\n\r\n");
  await eventually(() => waiting.has("slow"), "the slow request");
  waiting.get("slow")!("slow");
  assert.equal((await client.takeMessage()).body, "slow");
  assert.equal((await client.takeMessage()).body, "fast");
});

test("hooks that wait run once each, in order, and done exactly once", async (t) => {
  const calls: string[] = [];
  const waits = (name: string): Policy => ({
    request: async () => void calls.push(`request ${name}`),
    response: async () => void calls.push(`response ${name}`),
    done: () => void calls.push(`done ${name}`),
  });
  const gateway = await stageOfRoute(t, answers, [waits("a"), waits("b")]);
  assert.equal((await gateway.get("/")).body, "ok");
  await gateway.finished(1);
  assert.deepEqual(calls, ["request a", "request b", "response b", "response a", "done b", "done a"]);
});

/** What comes of a hook behind whose back another response has taken the place of its own. */
const outdated: readonly (readonly [how: string, settle: (hook: PromiseWithResolvers<void>) => void])[] = [
  ["succeeds", (hook) => hook.resolve()],
  ["fails", (hook) => hook.reject(new Error("boom"))],
];
for (const [how, settle] of outdated) {
  test(`a body that breaks while the response waits for a hook that ${how}: one refusal, and never a second head`, async (t) => {
    const hooks: PromiseWithResolvers<void>[] = [];
    const gateway = await stageOfRoute(
      t,
      {
        handle: (x) => {
          x.requestBody.readTo({ body: () => true, bodyEnd: () => {}, bodyAborted: () => {} });
          return { status: 200, body: stream("never") };
        },
      },
      [
        {
          response() {
            hooks.push(Promise.withResolvers<void>());
            return hooks.at(-1)!.promise;
          },
        },
      ],
      { internalErrors: how === "fails" ? 1 : 0 },
    );
    const client = await gateway.client();
    client.write("POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n1\r\nx\r\n");
    await eventually(() => hooks.length === 1, "the response's hook");
    client.write("no chunk\r\n");
    await eventually(() => hooks.length === 2, "the refusal's hook");
    client.write("more that nobody reads");
    settle(hooks[0]!);
    for (let turn = 0; turn < 5; turn++) await nextTurn();
    assert.equal(client.received, "", "the refusal waits for its own hook");
    hooks[1]!.resolve();
    const message = await client.takeMessage();
    assert.match(message.line, /400/);
    assert.equal(JSON.parse(message.body).code, "http.bad_chunk");
    assert.equal(await client.ended(), "end");
    assert.equal(client.received, "");
  });
}

/** What is still at work on a request when its body breaks, and what comes of it then. */
const late: readonly { name: string; policy?: Policy; handler?: Handler; logged?: number }[] = [
  {
    name: "a handler that replies",
    handler: { handle: (x) => lost(x).then(() => ({ status: 200, body: "late" })) },
  },
  {
    name: "a handler that replies with a stream",
    handler: { handle: (x) => lost(x).then(() => ({ status: 200, body: stream("late") })) },
  },
  {
    name: "a function of a fetch handler that fails",
    handler: fetchHandler.create(
      fetchConfig.parse(async (request: Request) => new Response(await request.text())),
      testAround(),
    ),
  },
  {
    name: "a request hook that lets it go on",
    policy: { request: (x) => lost(x) },
    handler: { handle: () => assert.fail("the request was refused") },
  },
  {
    name: "a request hook that fails",
    policy: { request: (x) => lost(x).then(boom) },
    logged: 1,
  },
  {
    name: "a handler that fails",
    handler: { handle: (x) => lost(x).then(boom) },
    logged: 1,
  },
  {
    name: "a request hook that replies",
    policy: { request: (x) => lost(x).then(() => ({ status: 200, body: "late" })) },
  },
];

/** Reads the body of `x` until it breaks. */
function lost(x: Exchange): Promise<void> {
  return readWholeBody(x, 100).then(
    () => assert.fail("the body is whole"),
    () => {},
  );
}

for (const { name, policy, handler, logged } of late) {
  test(`${name} after the body broke, while the refusal waits for a hook: the refusal stays`, async (t) => {
    const hooks: (() => void)[] = [];
    const waits: Policy = { response: () => new Promise((resolve) => hooks.push(resolve)) };
    const policies = policy === undefined ? [waits] : [waits, policy];
    const internalErrors = logged ?? 0;
    const gateway = await stageOfRoute(t, handler ?? answers, policies, { internalErrors });
    const client = await gateway.client();
    client.write("POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n1\r\nx\r\nno chunk\r\n");
    await eventually(() => hooks.length > 0, "the refusal's hook");
    for (let turn = 0; turn < 5; turn++) await nextTurn();
    assert.equal(hooks.length, 1, "there is one response");
    hooks[0]!();
    const message = await client.takeMessage();
    assert.match(message.line, /400/);
    assert.equal(await client.ended(), "end");
    assert.equal(client.received, "");
  });
}

test("a client that sends more than is read away still gets the whole of an answer that is being made", async (t) => {
  const made = Promise.withResolvers<ReadableStreamDefaultController<Uint8Array>>();
  const gateway = await stageOfRoute(
    t,
    {
      handle: (x) => {
        x.requestBody.readTo({
          body: () => {
            x.requestBody.leave();
            reply(x, {
              status: 200,
              body: new ReadableStream<Uint8Array>({ start: (controller) => made.resolve(controller) }),
            });
            return true;
          },
          bodyEnd: () => {},
          bodyAborted: () => {},
        });
      },
    },
    [],
  );
  const client = await gateway.client();
  client.write("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 1000000\r\n\r\nx");
  const controller = await made.promise;
  const { network } = gateway.host;
  client.write("x".repeat(200_000));
  await eventually(() => network.read > 100_000, "more than is read away");
  for (let turn = 0; turn < 5; turn++) await nextTurn();
  controller.enqueue(Buffer.from("late, "));
  controller.enqueue(Buffer.from("but whole"));
  controller.close();
  assert.equal((await client.takeMessage()).body, "late, but whole");
  assert.equal(await client.ended(), "end");
});

test("what a client takes of one response does not begin the body of the next before its head", async (t) => {
  const hooks: (() => void)[] = [];
  const large = "x".repeat(8 * 1024 * 1024);
  const gateway = await stageOfRoute(
    t,
    { handle: (x) => ({ status: 200, body: x.request.path === "/large" ? large : "small" }) },
    [
      {
        response: (x) =>
          x.request.path === "/large" ? undefined : new Promise((resolve) => hooks.push(resolve)),
      },
    ],
  );
  const client = await gateway.client();
  client.socket.pause();
  client.write("GET /large HTTP/1.1\r\nhost: a\r\n\r\nGET /small HTTP/1.1\r\nhost: a\r\n\r\n");
  await gateway.finished(1);
  client.socket.resume();
  assert.equal((await client.takeMessage()).body.length, large.length);
  await eventually(() => hooks.length === 1, "the second response's hook");
  hooks[0]!();
  assert.equal((await client.takeMessage()).body, "small");
});

function encoder(make: Partial<BodyEncoder>): BodyEncoder {
  let output: EncoderOutput | undefined;
  return {
    start: (to) => void (output = to),
    write: () => true,
    end: () => output?.end(),
    drain: () => {},
    destroy: () => {},
    ...make,
  };
}
