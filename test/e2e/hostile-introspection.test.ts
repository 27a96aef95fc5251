/** Authorization servers that are ill or hostile, on real sockets, and floods of tokens: nobody passes, and nothing grows. */
import assert from "node:assert/strict";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { test, type TestContext } from "node:test";
import { gzipSync } from "node:zlib";
import { createGateway } from "../../src/index.ts";

const AT_ONCE = 4;
const bomb = gzipSync(Buffer.alloc(32 * 1024 * 1024, 0x20));

/** Answers to a question about a token; what is returned runs until the connection is closed. */
const answers: Readonly<Record<string, (response: ServerResponse) => (() => void) | void>> = {
  "a good one": (response) => void response.end('{"active":true,"sub":"ann"}'),
  "one without an end": (response) => {
    const part = Buffer.alloc(65_536, 0x20);
    const pour = (): void => {
      while (response.write(part));
    };
    response.on("drain", pour);
    pour();
  },
  "one drop at a time": (response) => {
    const timer = setInterval(() => response.write(" "), 20);
    return () => clearInterval(timer);
  },
  "nothing at all": () => {},
  "a head and no body": (response) => response.flushHeaders(),
  "a small one that unpacks to 32 MB": (response) =>
    void response.writeHead(200, { "content-encoding": "gzip" }).end(bomb),
  "less than its length": (response) => {
    response.writeHead(200, { "content-length": "100" }).write('{"active":true,"sub":"ann"}');
    setImmediate(() => response.destroy());
  },
  "bytes that are no HTTP": (response) => void response.socket?.end('{"active":true,"sub":"ann"}'),
  "a redirect to what would say yes": (response) =>
    void response.writeHead(307, { location: "/elsewhere" }).end('{"active":true,"sub":"ann"}'),
  "a redirect for ever": (response) => void response.writeHead(302, { location: "" }).end(),
};

async function start(t: TestContext) {
  const state = { answer: "a good one", under: 0, most: 0, asked: 0 };
  const server = createServer((request, response) => {
    state.asked++;
    state.under++;
    state.most = Math.max(state.most, state.under);
    let stop: (() => void) | void;
    response.on("close", () => {
      state.under--;
      stop?.();
    });
    response.on("error", () => {});
    text(request).then(
      () =>
        (stop =
          request.url === "/introspect"
            ? answers[state.answer]!(response)
            : answers["a good one"]!(response)),
      () => response.destroy(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => server.close().closeAllConnections());
  const gateway = createGateway({
    log: { level: "silent" },
    drain: "1s",
    routes: [
      {
        path: "/*",
        handler: "index",
        policies: {
          introspection: {
            url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/introspect`,
            clientId: "gateway",
            clientSecret: "a secret",
            timeout: "500ms",
            atOnce: AT_ONCE,
          },
        },
      },
    ],
  });
  t.after(() => gateway.close());
  const ask = async (token: string): Promise<string> => {
    const request = new Request("http://a/", { headers: { authorization: `Bearer ${token}` } });
    const response = await gateway.inject(request);
    const { code = "" } = (await response.json()) as { code?: string };
    return `${response.status} ${code}`.trimEnd();
  };
  return { state, ask };
}

for (const answer of Object.keys(answers).slice(1)) {
  test(`${answer} lets nobody pass, and is over within the timeout`, { timeout: 20_000 }, async (t) => {
    const { state, ask } = await start(t);
    assert.equal(await ask("known"), "200");
    state.answer = answer;
    const outcomes = await Promise.all([ask("a"), ask("b"), ask("a"), ask("known")]);
    const unavailable = "503 introspection.unavailable";
    assert.deepEqual(outcomes, [unavailable, unavailable, unavailable, "200"]);
    assert.equal(state.asked, 3);
    state.answer = "a good one";
    assert.equal(await ask("a"), "200");
  });
}

test(
  "of thousands of tokens at once a few are asked for, and the gateway recovers",
  { timeout: 60_000 },
  async (t) => {
    const { state, ask } = await start(t);
    state.answer = "nothing at all";
    const tally = new Map<string, number>();
    const flood = Array.from({ length: 3000 }, async (_, i) => {
      const outcome = await ask(`invented${i}`);
      tally.set(outcome, (tally.get(outcome) ?? 0) + 1);
    });
    await Promise.all(flood);
    assert.deepEqual([...tally], [["503 introspection.unavailable", 3000]]);
    assert.ok(state.most <= AT_ONCE, `${state.most} at once`);
    // Those who have waited while it was silent are not asked for.
    assert.ok(state.asked <= 2 * AT_ONCE, `${state.asked} asked`);
    state.answer = "a good one";
    assert.equal(await ask("good"), "200");
  },
);
