import assert from "node:assert/strict";
import fs from "node:fs";
import { afterEach, beforeEach, describe, mock, test } from "node:test";
import { LineWriter, type LineSink } from "./line-writer.ts";

/** A file that takes what the test says, when it says so. */
class ScriptedSink implements LineSink {
  readonly name = "script";
  text = "";
  writes = 0;
  closed = 0;
  /** The write in flight. */
  #settle: ((outcome: number | Error) => void) | undefined = undefined;

  write(
    bytes: Buffer,
    start: number,
    done: (error: NodeJS.ErrnoException | null, writtenBytes: number) => void,
  ): void {
    assert.equal(this.#settle, undefined, "one write at a time");
    this.writes++;
    this.#settle = (outcome) => {
      if (outcome instanceof Error) {
        done(outcome, 0);
        return;
      }
      const end = Math.min(bytes.length, start + outcome);
      this.text += bytes.toString("utf8", start, end);
      done(null, end - start);
    };
  }

  writeSync(bytes: Buffer, start: number): number {
    this.text += bytes.toString("utf8", start);
    return bytes.length - start;
  }

  close(): void {
    this.closed++;
  }

  get busy(): boolean {
    return this.#settle !== undefined;
  }

  /** The system has written so many bytes, or failed. */
  settle(outcome: number | Error = Infinity): void {
    const settle = this.#settle;
    assert.ok(settle !== undefined, "no write is in flight");
    this.#settle = undefined;
    settle(outcome);
  }
}

function systemError(code: string): Error {
  return Object.assign(new Error(`${code}: from the test`), { code });
}

/** Calls what the writer that was made last does when the process exits. */
function exit(): void {
  process.listeners("exit").at(-1)?.(0);
}

describe("LineWriter", () => {
  let sink: ScriptedSink;
  let writer: LineWriter;
  let exitListeners: number;
  /** What was written to stderr. */
  let reports: string[];
  beforeEach(() => {
    exitListeners = process.listenerCount("exit");
    reports = [];
    mock.method(fs, "writeSync", (_: number, text: string) => reports.push(text));
    mock.timers.enable({ apis: ["setTimeout"] });
    sink = new ScriptedSink();
    writer = new LineWriter(sink);
  });
  afterEach(() => {
    void writer.close();
    if (sink.busy) sink.settle(systemError("EIO"));
    mock.timers.tick(10_000);
    mock.timers.reset();
    mock.restoreAll();
    assert.equal(process.listenerCount("exit"), exitListeners);
  });

  test("gathers lines for a tenth of a second", () => {
    writer.write("a\n");
    mock.timers.tick(60);
    writer.write("b\n");
    mock.timers.tick(39);
    assert.equal(sink.writes, 0);
    mock.timers.tick(1);
    sink.settle();
    assert.equal(sink.text, "a\nb\n");
    mock.timers.tick(1000);
    assert.equal(sink.writes, 1);
  });

  test("writes at once what makes a batch, and what has come meanwhile after it", () => {
    const line = `${"x".repeat(1023)}\n`;
    for (let i = 0; i < 16; i++) writer.write(line);
    assert.equal(sink.writes, 1);
    writer.write("later\n");
    sink.settle();
    assert.equal(sink.writes, 1);
    mock.timers.tick(100);
    sink.settle();
    assert.equal(sink.text, `${line.repeat(16)}later\n`);
  });

  test("goes on behind a part that was written, also within a character", () => {
    writer.write("aé\n");
    mock.timers.tick(100);
    sink.settle(1);
    sink.settle(2);
    sink.settle();
    assert.equal(sink.text, "aé\n");
  });

  test("tries a full pipe again soon, and a full disk every second, losing nothing", () => {
    writer.write("a\n");
    mock.timers.tick(100);
    sink.settle(systemError("EAGAIN"));
    mock.timers.tick(10);
    assert.deepEqual(reports, []);
    sink.settle(1);
    for (let i = 0; i < 3; i++) {
      sink.settle(systemError("ENOSPC"));
      writer.write("b\n");
      mock.timers.tick(999);
      assert.ok(!sink.busy);
      mock.timers.tick(1);
    }
    sink.settle();
    mock.timers.tick(100);
    sink.settle();
    assert.equal(sink.text, "a\nb\nb\nb\n");
    assert.equal(reports.length, 1);
    assert.match(reports[0]!, /cannot write the log to script: ENOSPC/);
  });

  test("holds 8 MB for a file that does not take them, and says how many lines it lost", () => {
    const line = `${"x".repeat(1024 * 1024 - 1)}\n`;
    writer.write("first\n");
    mock.timers.tick(100);
    for (let i = 0; i < 11; i++) writer.write(line);
    sink.settle();
    sink.settle();
    const lines = sink.text.split("\n").slice(0, -1);
    assert.equal(lines.length, 10);
    const { time, ...said } = JSON.parse(lines[9]!) as Record<string, unknown>;
    assert.equal(typeof time, "number");
    assert.deepEqual(said, { level: 40, lines: 3, msg: "log lines were lost" });
  });

  test("writes the rest before it closes, once", async () => {
    writer.write("a\n");
    const closed = writer.close();
    writer.write("too late\n");
    assert.equal(sink.closed, 0);
    sink.settle();
    // What was lost is told as well.
    sink.settle();
    await closed;
    await writer.close();
    assert.equal(sink.closed, 1);
    assert.match(sink.text, /^a\n\{.*"lines":1.*\}\n$/);
  });

  test("closes in the end a file that takes nothing, or that fails", async () => {
    writer.write("a\n");
    const closed = writer.close();
    mock.timers.tick(2000);
    await closed;
    assert.equal(sink.closed, 0, "a write is in flight");

    const failing = new ScriptedSink();
    const other = new LineWriter(failing);
    other.write("a\n");
    const otherClosed = other.close();
    failing.settle(systemError("EIO"));
    await otherClosed;
    assert.equal(failing.closed, 1);
  });

  test("writes the rest when the process exits", () => {
    writer.write("a\n");
    exit();
    assert.equal(sink.text, "a\n");
  });

  test("writes the rest of a batch that the system took in part", () => {
    writer.write("abc\n");
    mock.timers.tick(100);
    sink.settle(1);
    sink.settle(systemError("EAGAIN"));
    writer.write("d\n");
    exit();
    assert.equal(sink.text, "abc\nd\n");
  });

  test("does not write again what is in flight at the exit, and waits for no file that hangs", () => {
    writer.write("in flight\n");
    mock.timers.tick(100);
    writer.write("a\n");
    const nowMs = performance.now();
    const later = mock.method(performance, "now", () => nowMs + 2000);
    exit();
    assert.equal(sink.text, "");
    later.mock.restore();
    exit();
    assert.equal(sink.text, "a\n");
  });

  test("reports a file that fails at the exit, and ends", () => {
    writer.write("a\n");
    mock.method(sink, "writeSync", () => {
      throw systemError("ENOSPC");
    });
    exit();
    assert.match(reports[0]!, /ENOSPC/);
  });
});
