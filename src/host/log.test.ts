import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { openLog, type LogOptions } from "./log.ts";

const directory = fs.mkdtempSync(join(tmpdir(), "portcullis-log-"));
after(() => fs.rmSync(directory, { recursive: true }));
let files = 0;

/** What a log wrote to a file. */
async function written(
  options: Partial<LogOptions>,
  use: (log: ReturnType<typeof openLog>) => void,
): Promise<string> {
  const destination = join(directory, `${files++}.log`);
  const log = openLog({ level: "info", format: "json", ...options, destination });
  use(log);
  await log.close();
  return fs.readFileSync(destination, "utf8");
}

/** Arguments for a process of Node.js that opens a log there and runs `code`. */
function program(destination: string, code: string): string[] {
  const url = JSON.stringify(new URL("log.ts", import.meta.url).href);
  const options = JSON.stringify({ level: "info", format: "json", destination });
  return [
    "--input-type=module",
    "--eval",
    `import { openLog } from ${url}; const log = openLog(${options}); ${code}`,
  ];
}

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function run(args: string[]): Promise<Ended> {
  return new Promise((resolve) => {
    const child = execFile(process.execPath, args, { timeout: 20_000 }, (_, stdout, stderr) => {
      resolve({ code: child.exitCode, stdout, stderr });
    });
  });
}

describe("the log", () => {
  test("is JSON lines as pino writes them, errors with their stack", async () => {
    const text = await written({}, (log) => {
      log.info({ port: 8000 }, "ready");
      log.warn({});
      log.error({ err: new TypeError("oops") }, "internal error");
    });
    const lines = text
      .trimEnd()
      .split("\n")
      .map(
        (line) =>
          JSON.parse(line) as { level: number; time: number; msg?: string; port?: number; err?: Error },
      );
    assert.deepEqual(
      lines.map(({ level }) => level),
      [30, 40, 50],
    );
    assert.equal(lines[0]?.port, 8000);
    assert.equal(lines[0]?.msg, "ready");
    assert.equal(typeof lines[0]?.time, "number");
    assert.match(lines[2]?.err?.stack ?? "", /TypeError: oops\n/);
  });

  test("writes no line below its level", async () => {
    for (const [level, expected] of [
      ["info", 3],
      ["warn", 2],
      ["error", 1],
      ["silent", 0],
    ] as const) {
      const text = await written({ level }, (log) => {
        const severities = ["info", "warn", "error"] as const;
        for (const severity of severities) log[severity]({}, "line");
        assert.equal(severities.filter((severity) => log.writes(severity)).length, expected);
      });
      assert.equal(text.split("\n").length - 1, expected);
    }
  });

  for (const format of ["json", "pretty"] as const) {
    test(`has nothing in it that acts on a terminal (${format})`, async () => {
      const hostile = "\u001b[2J\u009b2J\u007f\r\u202e";
      const text = await written({ format }, (log) => {
        log.info({ hostile, err: new Error(hostile) }, hostile);
        const request = { level: 30, time: 0, method: "GET", path: hostile, totalMs: 1, msg: "request" };
        log.writeLine(`${JSON.stringify(request).replaceAll(/[\u007f-\u009f\u202e]/g, "?")}\n`);
      });
      // oxlint-disable-next-line no-control-regex -- what must not be there
      assert.doesNotMatch(text, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
      assert.match(text, /\\u001b\[2J/);
    });
  }

  test("is one line a request for a person, where that is asked for", async () => {
    const text = await written({ format: "pretty" }, (log) => {
      const request = {
        level: 30,
        time: 0,
        method: "GET",
        path: "/a",
        status: 200,
        totalMs: 1.26,
        responseBytes: 12,
        service: "users",
      };
      log.writeLine(`${JSON.stringify({ ...request, msg: "request" })}\n`);
      log.writeLine(
        `${JSON.stringify({ ...request, status: undefined, code: "client.aborted", aborted: true })}\n`,
      );
      log.info({ port: 8000 }, "ready");
    });
    const lines = text.split("\n").map((line) => line.slice(line.indexOf("]") + 2));
    assert.deepEqual(lines.slice(0, 3), [
      'INFO: GET /a 200 in 1.3 ms {"service":"users"}',
      'INFO: GET /a without an answer client.aborted, cut short, in 1.3 ms {"service":"users"}',
      'INFO: ready {"port":8000}',
    ]);
  });

  test("cannot be opened where there is no directory", () => {
    const destination = join(directory, "nowhere", "gateway.log");
    assert.throws(() => openLog({ level: "info", format: "json", destination }), { code: "ENOENT" });
  });

  test("loses no line at the exit of the process", async () => {
    const destination = join(directory, "exit.log");
    const code = "for (let i = 0; i < 2000; i++) log.info({ i }, 'line'); process.exit(3);";
    assert.equal((await run(program(destination, code))).code, 3);
    const lines = fs.readFileSync(destination, "utf8").trimEnd().split("\n");
    assert.deepEqual(
      lines.map((line) => (JSON.parse(line) as { i: number }).i),
      Array.from({ length: 2000 }, (_, i) => i),
    );
  });

  test(
    "does not end or hold up the process when the disk is full",
    { skip: !fs.existsSync("/dev/full") },
    async () => {
      const code =
        "log.info({}, 'line'); setTimeout(() => { log.info({}, 'line'); console.log('alive'); }, 300);";
      const ended = await run(program("/dev/full", code));
      assert.equal(ended.code, 0);
      assert.equal(ended.stdout, "alive\n");
      assert.match(ended.stderr, /^portcullis: cannot write the log to \/dev\/full: ENOSPC[^\n]*\n$/);
    },
  );

  test("does not end the process when the reader of its pipe has gone", async () => {
    const code =
      "process.stdin.once('data', () => { log.info({}, 'line'); setTimeout(() => process.exit(7), 300); });";
    const child = spawn(process.execPath, program("stdout", code), {
      stdio: ["pipe", "pipe", "ignore"],
      timeout: 20_000,
    });
    child.stdout.destroy();
    await once(child.stdout, "close");
    child.stdin.write("go");
    const [exitCode] = (await once(child, "exit")) as [number | null];
    assert.equal(exitCode, 7);
  });
});
