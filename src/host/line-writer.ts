import fs from "node:fs";

/** Where a `LineWriter` writes: what it needs of a file. */
export interface LineSink {
  /** How errors name it. */
  readonly name: string;
  write(
    bytes: Buffer,
    start: number,
    done: (error: NodeJS.ErrnoException | null, writtenBytes: number) => void,
  ): void;
  /** Returns how many bytes were written; throws the system's error. */
  writeSync(bytes: Buffer, start: number): number;
  close(): void;
}

/** `stdout`, `stderr`, or a file that is appended to; throws the system's error when it cannot be opened. */
export function openSink(destination: string): LineSink {
  const standard = destination === "stdout" ? 1 : destination === "stderr" ? 2 : undefined;
  const fd = standard ?? fs.openSync(destination, "a", 0o640);
  return {
    name: destination,
    write: (bytes, start, done) => fs.write(fd, bytes, start, bytes.length - start, null, done),
    writeSync: (bytes, start) => fs.writeSync(fd, bytes, start, bytes.length - start, null),
    close: () => (standard === undefined ? fs.closeSync(fd) : undefined),
  };
}

const BATCH_CHARACTERS = 16_384;
const BATCH_MS = 100;
const BUSY_MS = 10;
const RETRY_MS = 1000;
const HELD_CHARACTERS = 8 * 1024 * 1024;
const CLOSE_MS = 2000;

/**
 * Writes lines in batches, asynchronously, one write at a time. Nothing that happens to the file ends the process: a
 * full disk or a reader that has gone is reported once and tried again every second. Lines are held meanwhile, up to 8 MB;
 * what comes after is lost, and a line says how many were. At the exit of the process the rest is written synchronously.
 *
 * Why not sonic-boom, which pino brings: it measures its batch again for every line, which was measured to cost more than
 * making the line (`observe/access-log.ts`), and its last synchronous flush tries forever on a full disk.
 */
export class LineWriter {
  readonly #sink: LineSink;
  /** Lines that no write has begun for. */
  #gathered = "";
  #lostLines = 0;
  /** The batch on its way, and how much of it is written. */
  #batch: Buffer | undefined = undefined;
  #batchStart = 0;
  /** The system has it: how much it has written is not known. */
  #inFlight = false;
  #inFlightSinceMs = 0;
  #failing = false;
  #timer: NodeJS.Timeout | undefined = undefined;
  #closing: Promise<void> | undefined = undefined;
  #finish: (() => void) | undefined = undefined;

  constructor(sink: LineSink) {
    this.#sink = sink;
    process.on("exit", this.#writeRest);
  }

  /** Takes a line with its line feed. */
  write(line: string): void {
    if (this.#closing !== undefined || this.#gathered.length + line.length > HELD_CHARACTERS) {
      this.#lostLines++;
      return;
    }
    this.#gathered += line;
    if (this.#batch !== undefined) return;
    if (this.#gathered.length >= BATCH_CHARACTERS) this.#writeBatch();
    else this.#timer ??= setTimeout(this.#writeBatch, BATCH_MS).unref();
  }

  /** Writes what is left and closes the file; gives up on a file that fails or does not take it within 2 s. */
  close(): Promise<void> {
    this.#closing ??= new Promise((resolve) => {
      const patience = setTimeout(() => this.#finish?.(), CLOSE_MS);
      this.#finish = () => {
        this.#finish = undefined;
        clearTimeout(patience);
        clearTimeout(this.#timer);
        process.off("exit", this.#writeRest);
        // A write that is still in flight must not find another file under its number.
        if (!this.#inFlight) this.#sink.close();
        resolve();
      };
      if (this.#failing) this.#finish();
      else if (this.#batch === undefined) this.#writeBatch();
    });
    return this.#closing;
  }

  readonly #writeBatch = (): void => {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#batch !== undefined) return;
    const text = this.#takeGathered();
    if (text === "") {
      this.#finish?.();
      return;
    }
    this.#batch = Buffer.from(text);
    this.#batchStart = 0;
    this.#writeOn();
  };

  readonly #writeOn = (): void => {
    if (this.#batch === undefined) return;
    this.#inFlight = true;
    this.#inFlightSinceMs = performance.now();
    this.#sink.write(this.#batch, this.#batchStart, this.#written);
  };

  readonly #written = (error: NodeJS.ErrnoException | null, writtenBytes: number): void => {
    this.#inFlight = false;
    if (error !== null) {
      this.#writeFailed(error);
      return;
    }
    this.#failing = false;
    this.#batchStart += writtenBytes;
    if (this.#batchStart < this.#batch!.length) {
      this.#writeOn();
      return;
    }
    this.#batch = undefined;
    if (this.#gathered.length >= BATCH_CHARACTERS || this.#closing !== undefined) this.#writeBatch();
    else if (this.#gathered !== "") this.#timer ??= setTimeout(this.#writeBatch, BATCH_MS).unref();
  };

  #writeFailed(error: NodeJS.ErrnoException): void {
    // A pipe that does not block is full for the moment.
    const busy = error.code === "EAGAIN";
    if (!busy) {
      if (!this.#failing) reportFailure(this.#sink.name, error);
      this.#failing = true;
      if (this.#closing !== undefined) {
        this.#finish?.();
        return;
      }
    }
    setTimeout(this.#writeOn, busy ? BUSY_MS : RETRY_MS).unref();
  }

  #takeGathered(): string {
    let text = this.#gathered;
    this.#gathered = "";
    if (this.#lostLines > 0) {
      text += `{"level":40,"time":${Date.now()},"lines":${this.#lostLines},"msg":"log lines were lost"}\n`;
      this.#lostLines = 0;
    }
    return text;
  }

  readonly #writeRest = (): void => {
    if (this.#inFlight) {
      // Who has not taken a batch for so long will not take it now, and a synchronous write would wait for it forever.
      if (performance.now() - this.#inFlightSinceMs > RETRY_MS) return;
      // The thread that writes it is not asked any more; it only needs the time to get it done.
      pause(2 * BUSY_MS);
      this.#batch = undefined;
    }
    try {
      if (this.#batch !== undefined) this.#writeSync(this.#batch, this.#batchStart);
      const text = this.#takeGathered();
      if (text !== "") this.#writeSync(Buffer.from(text), 0);
    } catch (error) {
      if (!this.#failing) reportFailure(this.#sink.name, error);
    }
  };

  #writeSync(bytes: Buffer, start: number): void {
    let triesLeft = CLOSE_MS / BUSY_MS;
    while (start < bytes.length) {
      try {
        start += this.#sink.writeSync(bytes, start);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "EAGAIN" || --triesLeft === 0) throw error;
        pause(BUSY_MS);
      }
    }
  }
}

function pause(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

function reportFailure(name: string, error: unknown): void {
  const reason = error instanceof Error ? error.message : String(error);
  try {
    fs.writeSync(2, `portcullis: cannot write the log to ${name}: ${reason}\n`);
  } catch {
    // Nobody is left who could be told.
  }
}
