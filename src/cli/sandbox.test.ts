import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, realpath, rename, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { newKey, PEPPER } from "../policies/api-key/testing.ts";

const main = fileURLToPath(new URL("main.ts", import.meta.url));

test(
  "under --sandbox a config reads and starts nothing, and requests are served",
  { timeout: 30_000 },
  async (t) => {
    const directory = await realpath(await mkdtemp(join(tmpdir(), "portcullis-sandbox-")));
    t.after(() => rm(directory, { recursive: true }));
    const service = createServer((_, response) => response.end("from the service")).listen(0, "127.0.0.1");
    t.after(() => service.close());
    await once(service, "listening");
    const { port } = service.address() as AddressInfo;
    await writeFile(join(directory, "blocked.txt"), "192.0.2.0/24\n");
    await writeFile(
      join(directory, "helper.ts"),
      "export const targets: string[] = ['http://127.0.0.1:" + port + "'];",
    );
    await writeFile(
      join(directory, "portcullis.config.ts"),
      `import { readFileSync } from "node:fs";
import { spawnSync } from "node:child_process";
import { Worker } from "node:worker_threads";
import { targets } from "./helper.ts";
export default {
  listen: { port: 0 },
  log: { destination: "gateway.log", format: "json" },
  services: { backend: { targets } },
  policies: { ip: { denyFile: "blocked.txt" } },
  routes: [
    { path: "/service", service: "backend" },
    { path: "/file", handler: { fetch: () => new Response(readFileSync("/etc/passwd")) } },
    { path: "/program", handler: { fetch: () => new Response(spawnSync("id").stdout) } },
    { path: "/thread", handler: { fetch: () => (new Worker("1", { eval: true }), new Response("1")) } },
  ],
};`,
    );
    const child = spawn(process.execPath, ["--conditions=portcullis-source", main, "run", "--sandbox"], {
      cwd: directory,
      stdio: ["ignore", "pipe", "pipe"],
    });
    t.after(() => child.kill("SIGKILL"));
    let [stdout, stderr] = ["", ""];
    child.stdout.on("data", (bytes: Buffer) => (stdout += bytes.toString()));
    child.stderr.on("data", (bytes: Buffer) => (stderr += bytes.toString()));
    const ended = once(child, "close");
    while (!stdout.includes("ready on")) {
      assert.equal(child.exitCode, null, stderr);
      await Promise.race([once(child.stdout, "data"), ended]);
    }
    const url = /http:\S+/.exec(stdout)![0];

    const answers: string[] = [];
    for (const path of ["file", "program", "thread", "service"]) {
      const response = await fetch(`${url}/${path}`);
      answers.push(`${response.status} ${response.ok ? await response.text() : ""}`);
    }
    assert.deepEqual(answers, ["500 ", "500 ", "500 ", "200 from the service"]);

    child.kill("SIGTERM");
    assert.deepEqual(await ended, [0, null]);
    assert.match(stderr, /^sandbox: network$/m);
    assert.ok(stderr.includes(`sandbox: read ${join(directory, "helper.ts")}\n`), stderr);
    assert.ok(stderr.includes(`sandbox: read ${join(directory, "blocked.txt")}\n`), stderr);
    assert.ok(stderr.includes(`sandbox: write ${join(directory, "gateway.log")}\n`), stderr);
    assert.ok(!/warning/i.test(stderr), stderr);
    const log = await readFile(join(directory, "gateway.log"), "utf8");
    assert.equal(log.split('"code":"ERR_ACCESS_DENIED"').length - 1, 3, log);
  },
);

test("a config in YAML reads the files of its policies", { timeout: 30_000 }, async (t) => {
  const directory = await realpath(await mkdtemp(join(tmpdir(), "portcullis-sandbox-")));
  t.after(() => rm(directory, { recursive: true }));
  await writeFile(join(directory, "allowed.txt"), "loopback\n");
  await writeFile(join(directory, "schema.json"), '{"type":"string","pattern":"^a"}');
  await writeFile(
    join(directory, "portcullis.config.yaml"),
    "listen: { port: 0 }\nroutes: [{ prefix: /a, routes: [{ path: /, handler: respond, policies: { ip: { allowFile: allowed.txt }, validate: { body: { schemaFile: schema.json } } } }] }]\n",
  );
  const child = spawn(process.execPath, ["--conditions=portcullis-source", main, "run", "--sandbox"], {
    cwd: directory,
    stdio: ["ignore", "pipe", "pipe"],
  });
  t.after(() => child.kill("SIGKILL"));
  let stderr = "";
  child.stderr.on("data", (bytes: Buffer) => (stderr += bytes.toString()));
  const [ready] = (await once(child.stdout, "data")) as [Buffer];
  assert.match(ready.toString(), /ready on/, stderr);
  for (const name of ["allowed.txt", "schema.json"])
    assert.ok(stderr.includes(`sandbox: read ${join(directory, name)}\n`), stderr);

  // A schema is made into code, which the sandbox has nothing against.
  const url = `${/http:\S+/.exec(ready.toString())![0]}/a/`;
  const statuses = [];
  for (const body of ['"ab"', '"b"']) {
    const headers = { "content-type": "application/json" };
    const response = await fetch(url, { method: "POST", headers, body });
    statuses.push(response.status);
  }
  assert.deepEqual(statuses, [200, 422]);
});
const { key, entry } = newKey();
const other = newKey();
const routes = `[{ prefix: "/a", routes: [{ path: "/key", handler: "index", policies: { apiKey: { pepper: "${PEPPER}", file: "./keys.json" } } }] }]`;
const configs: readonly (readonly [name: string, text: string])[] = [
  [
    "portcullis.config.yaml",
    `listen: { port: 0 }\nlog: { destination: stderr, format: json }\nroutes: ${routes}\n`,
  ],
  [
    "portcullis.config.ts",
    `export default { listen: { port: 0 }, log: { destination: "stderr", format: "json" }, routes: ${routes} };`,
  ],
];
for (const [name, text] of configs) {
  test(
    `under --sandbox the key file that ${name} names is read, also anew`,
    { timeout: 30_000 },
    async (t) => {
      const directory = await realpath(await mkdtemp(join(tmpdir(), "portcullis-sandbox-")));
      t.after(() => rm(directory, { recursive: true }));
      await writeFile(join(directory, "keys.json"), JSON.stringify([entry]));
      await writeFile(join(directory, name), text);
      const child = spawn(process.execPath, ["--conditions=portcullis-source", main, "run", "--sandbox"], {
        cwd: directory,
        stdio: ["ignore", "pipe", "pipe"],
      });
      t.after(() => child.kill("SIGKILL"));
      let [stdout, stderr] = ["", ""];
      child.stdout.on("data", (bytes: Buffer) => (stdout += bytes.toString()));
      child.stderr.on("data", (bytes: Buffer) => (stderr += bytes.toString()));
      const ended = once(child, "close");
      while (!stdout.includes("ready on")) {
        assert.equal(child.exitCode, null, stderr);
        await Promise.race([once(child.stdout, "data"), ended]);
      }
      assert.ok(stderr.includes(`sandbox: read ${join(directory, "keys.json")}\n`), stderr);
      const ask = async (bears: string): Promise<number> => {
        const url = `${/http:\S+/.exec(stdout)![0]}/a/key`;
        const response = await fetch(url, { headers: { "x-api-key": bears } });
        await response.arrayBuffer();
        return response.status;
      };
      assert.deepEqual([await ask(key), await ask(other.key)], [200, 401]);
      await writeFile(join(directory, "new.json"), JSON.stringify([other.entry]));
      await rename(join(directory, "new.json"), join(directory, "keys.json"));
      while (!stderr.includes("read anew")) await Promise.race([once(child.stderr, "data"), ended]);
      assert.deepEqual([await ask(key), await ask(other.key)], [401, 200]);
      child.kill("SIGTERM");
      assert.deepEqual(await ended, [0, null]);
    },
  );
}
