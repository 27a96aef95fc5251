import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createHmac } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, readFile, realpath, rename, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { newKey, PEPPER } from "../policies/api-key/testing.ts";

const main = fileURLToPath(new URL("main.ts", import.meta.url));

/** Runs the config in `directory` in the sandbox, until it is ready. */
async function start(t: TestContext, directory: string) {
  const child = spawn(process.execPath, ["--conditions=portcullis-source", main, "run", "--sandbox"], {
    cwd: directory,
    stdio: ["ignore", "pipe", "pipe"],
  });
  t.after(() => child.kill("SIGKILL"));
  const told = { stdout: "", stderr: "" };
  child.stdout.on("data", (bytes: Buffer) => (told.stdout += bytes.toString()));
  child.stderr.on("data", (bytes: Buffer) => (told.stderr += bytes.toString()));
  const ended = once(child, "close");
  while (!told.stdout.includes("ready on")) {
    assert.equal(child.exitCode, null, told.stderr);
    await Promise.race([once(child.stdout, "data"), ended]);
  }
  return { child, ended, told, url: /http:\S+/.exec(told.stdout)![0] };
}

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
    const { child, ended, url, told } = await start(t, directory);

    const answers: string[] = [];
    for (const path of ["file", "program", "thread", "service"]) {
      const response = await fetch(`${url}/${path}`);
      answers.push(`${response.status} ${response.ok ? await response.text() : ""}`);
    }
    assert.deepEqual(answers, ["500 ", "500 ", "500 ", "200 from the service"]);

    child.kill("SIGTERM");
    assert.deepEqual(await ended, [0, null]);
    assert.match(told.stderr, /^sandbox: network$/m);
    assert.ok(told.stderr.includes(`sandbox: read ${join(directory, "helper.ts")}\n`), told.stderr);
    assert.ok(told.stderr.includes(`sandbox: read ${join(directory, "blocked.txt")}\n`), told.stderr);
    assert.ok(told.stderr.includes(`sandbox: write ${join(directory, "gateway.log")}\n`), told.stderr);
    assert.ok(!/warning/i.test(told.stderr), told.stderr);
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

const [one, other] = [newKey(), newKey()];
const SECRET = "the secret of a test, as long as HS256 wants";

function encode(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString("base64url");
}

/** A token that outlives the test, as an issuer signs it. */
function tokenOf(jti: string): string {
  const input = `${encode({ alg: "HS256" })}.${encode({ sub: "alice", exp: 4_000_000_000, jti })}`;
  return `${input}.${createHmac("sha256", SECRET).update(input).digest("base64url")}`;
}

/** A policy that reads a file: of two credentials the first passes by what the file says at first, then the second. */
interface Reader {
  readonly policy: string;
  readonly file: string;
  readonly contents: readonly [first: unknown, then: unknown];
  readonly credentials: readonly [name: string, one: string, other: string];
}

const readers: readonly Reader[] = [
  {
    policy: `apiKey: { pepper: "${PEPPER}", file: "./keys.json" }`,
    file: "keys.json",
    contents: [[one.entry], [other.entry]],
    credentials: ["x-api-key", one.key, other.key],
  },
  {
    policy: `jwt: { secret: "${SECRET}", algorithms: [HS256], revokedFile: "./revoked.json" }`,
    file: "revoked.json",
    contents: [[{ jti: "other" }], [{ jti: "one" }]],
    credentials: ["authorization", `Bearer ${tokenOf("one")}`, `Bearer ${tokenOf("other")}`],
  },
];
const configs: readonly (readonly [name: string, text: (policy: string) => string])[] = [
  ["portcullis.config.yaml", (policy) => configText(policy)],
  [
    "portcullis.config.ts",
    (policy) => `export default ${configText(policy.replace("[HS256]", '["HS256"]'))};`,
  ],
];

/** Both JavaScript and YAML. */
function configText(policy: string): string {
  const routes = `[{ prefix: "/a", routes: [{ path: "/b", handler: "index", policies: { ${policy} } }] }]`;
  return `{ listen: { port: 0 }, log: { destination: "stderr", format: "json" }, routes: ${routes} }`;
}

for (const { policy, file, contents, credentials } of readers) {
  for (const [name, text] of configs) {
    test(
      `under --sandbox the ${file} that ${name} names is read, also anew`,
      { timeout: 30_000 },
      async (t) => {
        const directory = await realpath(await mkdtemp(join(tmpdir(), "portcullis-sandbox-")));
        t.after(() => rm(directory, { recursive: true }));
        await writeFile(join(directory, file), JSON.stringify(contents[0]));
        await writeFile(join(directory, name), text(policy));
        const { child, ended, url, told } = await start(t, directory);
        assert.ok(told.stderr.includes(`sandbox: read ${join(directory, file)}\n`), told.stderr);
        const [header, ...both] = credentials;
        const ask = async (): Promise<number[]> => {
          const statuses: number[] = [];
          for (const credential of both) {
            const response = await fetch(`${url}/a/b`, { headers: { [header]: credential } });
            await response.arrayBuffer();
            statuses.push(response.status);
          }
          return statuses;
        };
        assert.deepEqual(await ask(), [200, 401]);
        await writeFile(join(directory, "new.json"), JSON.stringify(contents[1]));
        await rename(join(directory, "new.json"), join(directory, file));
        while (!told.stderr.includes("read anew")) await Promise.race([once(child.stderr, "data"), ended]);
        assert.deepEqual(await ask(), [401, 200]);
        child.kill("SIGTERM");
        assert.deepEqual(await ended, [0, null]);
      },
    );
  }
}
