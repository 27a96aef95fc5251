import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";

const main = fileURLToPath(new URL("main.ts", import.meta.url));
const processes = new Set<ChildProcess>();
let directory = "";

before(async () => {
  directory = await mkdtemp(join(tmpdir(), "portcullis-run-"));
});
after(async () => {
  for (const process of processes) process.kill("SIGKILL");
  await rm(directory, { recursive: true });
});

/** `portcullis run` in a process of its own. */
class Run {
  readonly process: ChildProcess;
  readonly ended: Promise<number | null>;
  stdout = "";
  stderr = "";

  constructor(file: string) {
    const args = ["--conditions=portcullis-source", main, "run", file];
    this.process = spawn(process.execPath, args, { cwd: directory, stdio: ["ignore", "pipe", "pipe"] });
    processes.add(this.process);
    this.process.stdout?.on("data", (bytes: Buffer) => (this.stdout += bytes.toString()));
    this.process.stderr?.on("data", (bytes: Buffer) => (this.stderr += bytes.toString()));
    this.ended = once(this.process, "close").then(([code]: unknown[]) => {
      processes.delete(this.process);
      return typeof code === "number" ? code : null;
    });
  }

  /** The address in the line that says that it is ready. */
  async ready(): Promise<string> {
    for (;;) {
      const url = /^portcullis is ready on (http:\/\/127\.0\.0\.1:\d+) \(\d+ routes?, \d+ services?\)\n/.exec(
        this.stdout,
      )?.[1];
      if (url !== undefined) return url;
      const ended = await Promise.race([once(this.process.stdout!, "data"), this.ended]);
      assert.ok(Array.isArray(ended), `ended with ${String(ended)}: ${this.stderr}`);
    }
  }
}

async function write(name: string, text: string): Promise<string> {
  await writeFile(join(directory, name), text);
  return name;
}

const quiet = "log: { level: silent, access: false }\n";

describe("portcullis run", { timeout: 60_000 }, () => {
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    it(`says when it is ready, serves, and ends with 0 on ${signal}`, async () => {
      const run = new Run(
        await write("right.yaml", `${quiet}listen: { port: 0 }\nroutes: [{ path: /, handler: index }]\n`),
      );
      const response = await fetch(await run.ready());
      assert.equal(response.status, 200);
      await response.text();
      run.process.kill(signal);
      assert.equal(await run.ended, 0);
      assert.equal(run.stderr, "");
    });
  }

  it("outlives promises that a function forgets, and listeners that throw", async () => {
    const run = new Run(
      await write(
        "careless.config.ts",
        `export default {
          log: { destination: "stderr", format: "json", access: false },
          listen: { port: 0 },
          routes: [
            { path: "/forgets", handler: { fetch: () => (void Promise.reject(new Error("forgotten")), new Response("1")) } },
            { path: "/throws", handler: { fetch: () => (queueMicrotask(() => { throw new Error("thrown"); }), new Response("2")) } },
          ],
        };`,
      ),
    );
    const url = await run.ready();
    for (let i = 0; i < 2; i++) {
      for (const [path, body] of [
        ["/forgets", "1"],
        ["/throws", "2"],
      ]) {
        assert.equal(await (await fetch(`${url}${path}`)).text(), body);
      }
    }
    run.process.kill("SIGTERM");
    assert.equal(await run.ended, 0);
    const messages = run.stderr
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line).err.message);
    assert.deepEqual(messages, ["forgotten", "thrown", "forgotten", "thrown"]);
  });

  it("lets what is in flight finish", async (context) => {
    const { file, service } = await withSlowService();
    context.after(() => service.close());
    const run = new Run(file);
    const answer = fetch(await run.ready());
    const [, response] = (await once(service, "request")) as [unknown, ServerResponse];
    run.process.kill("SIGTERM");
    await refused(await run.ready());
    response.end("done");
    assert.equal(await (await answer).text(), "done");
    assert.equal(await run.ended, 0);
  });

  it("ends at once on a second signal", async (context) => {
    const { file, service } = await withSlowService();
    context.after(() => service.close().closeAllConnections());
    const run = new Run(file);
    const answer = fetch(await run.ready());
    await once(service, "request");
    run.process.kill("SIGTERM");
    await refused(await run.ready());
    run.process.kill("SIGTERM");
    await assert.rejects(answer);
    assert.equal(await run.ended, 1);
  });

  it("takes a Ctrl-C that npm passes on once more for one", async (context) => {
    const { file, service } = await withSlowService();
    context.after(() => service.close().closeAllConnections());
    const run = new Run(file);
    const answer = fetch(await run.ready());
    const [, response] = (await once(service, "request")) as [unknown, ServerResponse];
    run.process.kill("SIGINT");
    await refused(await run.ready());
    run.process.kill("SIGINT");
    response.end("late");
    assert.equal(await (await answer).text(), "late");
    assert.equal(await run.ended, 0);
  });

  it("says in one line that a port is in use, and ends with 1", async (context) => {
    const other = createServer().listen(0, "127.0.0.1");
    context.after(() => other.close());
    await once(other, "listening");
    const { port } = other.address() as AddressInfo;
    const run = new Run(await write("used.yaml", `${quiet}listen: { port: ${port} }\nroutes: []\n`));
    assert.equal(await run.ended, 1);
    assert.equal(
      run.stderr,
      `error: port ${port} of 127.0.0.1 is in use: stop what listens there, or set listen.port to another\n`,
    );
    assert.equal(run.stdout, "");
  });

  it("says in one line that an address is not this machine's, and ends with 1", async () => {
    // RFC 5737: an address for documentation, which no machine has.
    const run = new Run(
      await write("host.yaml", `${quiet}listen: { host: 192.0.2.1, port: 0 }\nroutes: []\n`),
    );
    assert.equal(await run.ended, 1);
    assert.match(run.stderr, /^error: this machine has no address 192\.0\.2\.1: set listen\.host .*\n$/);
  });

  it("says in one line each what is wrong with secrets, and ends with 1", async () => {
    const run = new Run(
      await write(
        "secrets.yaml",
        `listen: { port: 0 }
policies: { jwt: { secret: { env: PORTCULLIS_NOT_SET }, algorithms: [HS256] } }
routes:
  - { path: /, handler: index, policies: { jwt: { secret: short, algorithms: [HS256] } } }
`,
      ),
    );
    assert.equal(await run.ended, 1);
    const lines = run.stderr.split("\n");
    assert.equal(lines.length, 3, run.stderr);
    assert.match(
      lines[0]!,
      /^secrets\.yaml:2:28 - error: .*PORTCULLIS_NOT_SET is not set \(start with .*\)$/,
    );
    assert.match(lines[1]!, /^secrets\.yaml:4:59 - error: .*needs at least 32.* \(make one with: .*\)$/);
    assert.equal(run.stdout, "");
  });
});

/** A gateway's config, and a service that leaves its request unanswered. */
async function withSlowService(): Promise<{ file: string; service: ReturnType<typeof createServer> }> {
  const service = createServer().listen(0, "127.0.0.1");
  await once(service, "listening");
  const { port } = service.address() as AddressInfo;
  const target = `http://127.0.0.1:${port}`;
  const text = `${quiet}listen: { port: 0 }\nservices: { slow: { targets: ["${target}"] } }\nroutes: [{ path: /, service: slow }]\n`;
  return { file: await write(`slow-${port}.yaml`, text), service };
}

/** Resolves once nothing listens at `url`. */
async function refused(url: string): Promise<void> {
  for (;;) {
    try {
      await fetch(`${url}/nowhere`);
    } catch {
      return;
    }
  }
}
