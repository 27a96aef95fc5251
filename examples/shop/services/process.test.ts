import assert from "node:assert/strict";
import { fork, spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { text } from "node:stream/consumers";
import { createService } from "./service.ts";
import { send, start } from "./testing.ts";

const names = ["users", "orders", "products"] as const;
const bounded = { timeout: 30_000 };

function pathOf(name: string): string {
  return fileURLToPath(new URL(`${name}/server.ts`, import.meta.url));
}

function environment(changes: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return { ...process.env, HOST: "", DATABASE: "", PORT: "0", ...changes };
}

/** A service that another process (this one) started over an IPC channel, and its port. */
async function forkService(t: TestContext, name: string): Promise<{ child: ChildProcess; port: number }> {
  const child = fork(pathOf(name), { execArgv: [], env: environment({}) });
  t.after(() => child.kill("SIGKILL"));
  const [message] = await once(child, "message");
  assert.deepEqual(message, { ready: true, port: message.port });
  return { child, port: message.port };
}

/** A service as started by hand in a shell. */
function spawnService(t: TestContext, name: string, changes: NodeJS.ProcessEnv = {}) {
  const child = spawn(process.execPath, [pathOf(name)], {
    env: environment(changes),
    stdio: ["ignore", "pipe", "pipe"],
  });
  t.after(() => child.kill("SIGKILL"));
  return child;
}

for (const name of names) {
  test(`${name} runs as a process, and ends with the one that started it`, bounded, async (t) => {
    const { child, port } = await forkService(t, name);
    assert.deepEqual((await send(port, "/health")).json, { status: "ok" });
    const ended = once(child, "exit");
    child.disconnect();
    assert.deepEqual(await ended, [0, null]);
  });
}

test("SIGTERM stops a service that another process started; SIGINT does not", bounded, async (t) => {
  const { child, port } = await forkService(t, "users");
  child.kill("SIGINT");
  assert.equal((await send(port, "/users/1")).status, 200);
  const ended = once(child, "exit");
  child.kill("SIGTERM");
  assert.deepEqual(await ended, [0, null]);
});

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  test(`${signal} stops a service started by hand`, bounded, async (t) => {
    const child = spawnService(t, "products");
    const [line] = await once(child.stdout, "data");
    const port = /^products listens on http:\/\/127\.0\.0\.1:(\d+)\n$/.exec(String(line))?.[1];
    assert.ok(port, String(line));
    assert.equal((await send(Number(port), "/products")).status, 200);
    const ended = once(child, "exit");
    child.kill(signal);
    assert.deepEqual(await ended, [0, null]);
  });
}

test("what cannot start says why in one line", bounded, async (t) => {
  const taken = await start(t, createService({ paths: {}, close: () => {} }));
  const cases = [
    { changes: { PORT: String(taken) }, line: /^users: .*EADDRINUSE.*set PORT to another port\n$/ },
    { changes: { PORT: "65536" }, line: /^users: PORT is "65536"; give a number from 0 to 65535\n$/ },
    { changes: { PORT: "80a" }, line: /^users: PORT is "80a"; .*\n$/ },
    { changes: { DATABASE: "/no/such/folder/file" }, line: /^users: .*set DATABASE to a file .*\n$/ },
  ];
  for (const { changes, line } of cases) {
    const child = spawnService(t, "users", changes);
    const [printed, [code]] = await Promise.all([text(child.stderr), once(child, "exit")]);
    assert.match(printed, line);
    assert.equal(code, 1);
  }
});
