import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { describe, test } from "node:test";
import { brotliDecompressSync, constants, gunzipSync, zstdDecompressSync } from "node:zlib";
import type { BodyEncoder } from "../../core/body-encoder.ts";
import { UNKNOWN_LENGTH } from "../../http/head.ts";
import { createEncoder, ONE_GO_BYTES } from "./encoders.ts";
import { CODINGS, type Coding } from "./schema.ts";

const TIMEOUT_MS = 20_000;

const decoders: Readonly<Record<Coding, (bytes: Uint8Array) => Buffer>> = {
  gzip: (bytes) => gunzipSync(bytes),
  br: (bytes) => brotliDecompressSync(bytes),
  zstd: (bytes) => zstdDecompressSync(bytes),
};

/** Decode what there is so far of a body that has not ended. */
const partialDecoders: Readonly<Record<Coding, (bytes: Uint8Array) => Buffer>> = {
  gzip: (bytes) => gunzipSync(bytes, { finishFlush: constants.Z_SYNC_FLUSH }),
  br: (bytes) => brotliDecompressSync(bytes, { finishFlush: constants.BROTLI_OPERATION_FLUSH }),
  zstd: (bytes) => zstdDecompressSync(bytes, { finishFlush: constants.ZSTD_e_flush }),
};

/** A client that takes what it is given, all of it or only when told to. */
class Client {
  readonly chunks: Buffer[] = [];
  takes = true;
  readonly ended = Promise.withResolvers<void>();
  #ready: PromiseWithResolvers<void> | undefined;
  #next: PromiseWithResolvers<void> | undefined;

  start(encoder: BodyEncoder): void {
    encoder.start({
      bytes: (bytes) => {
        this.chunks.push(Buffer.from(bytes));
        this.#next?.resolve();
        return this.takes;
      },
      end: () => this.ended.resolve(),
      failed: (error) => this.ended.reject(error),
      ready: () => this.#ready?.resolve(),
    });
  }

  get received(): Buffer {
    return Buffer.concat(this.chunks);
  }

  /** Resolves when the encoder can take more. */
  ready(): Promise<void> {
    this.#ready = Promise.withResolvers();
    return this.#ready.promise;
  }

  /** Resolves when bytes come. */
  next(): Promise<void> {
    this.#next = Promise.withResolvers();
    return this.#next.promise;
  }
}

/** Takes at least as long as a job that was on its way through the thread pool already. */
async function encodeSomethingElse(coding: Coding): Promise<void> {
  for (let i = 0; i < 4; i++) {
    const client = new Client();
    const encoder = createEncoder(coding, UNKNOWN_LENGTH);
    client.start(encoder);
    encoder.write(textOf(200_000), 0, 200_000);
    encoder.end();
    await client.ended.promise;
  }
}

function textOf(length: number): Buffer {
  const lines: string[] = [];
  for (let i = 0; lines.length * 20 < length; i++) lines.push(`{"id":${i},"total":${(i * 37) % 101}}`);
  return Buffer.from(lines.join("\n").padEnd(length).slice(0, length));
}

for (const coding of CODINGS) {
  describe(`${coding} encoder`, { timeout: TIMEOUT_MS }, () => {
    const bodies: [title: string, length: number, known: boolean, chunk: number][] = [
      ["a short body", 3000, true, 3000],
      ["a short body in pieces", 3000, true, 7],
      ["a body as long as goes in one go", ONE_GO_BYTES, true, 10_000],
      ["a body one byte longer", ONE_GO_BYTES + 1, true, 10_000],
      ["a long body", 1_000_000, true, 64_000],
      ["a body of unknown length", 300_000, false, 5000],
      ["an empty body of unknown length", 0, false, 1],
    ];
    for (const [title, length, known, chunk] of bodies) {
      test(`${title} comes out as it went in, and shorter`, async () => {
        const body = textOf(length);
        const encoder = createEncoder(coding, known ? length : UNKNOWN_LENGTH);
        const client = new Client();
        client.start(encoder);
        // The memory is used again for each write, as that of a socket is.
        const memory = Buffer.alloc(chunk + 10);
        for (let at = 0; at < length; at += chunk) {
          const bytes = body.copy(memory, 5, at, at + chunk);
          const more = encoder.write(memory, 5, 5 + bytes);
          memory.fill(0);
          if (!more) await client.ready();
        }
        encoder.end();
        await client.ended.promise;
        assert.ok(decoders[coding](client.received).equals(body));
        if (length > 0) assert.ok(client.received.length < length / 3);
      });
    }

    test("what the source sent before a pause is not held back", async () => {
      const encoder = createEncoder(coding, UNKNOWN_LENGTH);
      const client = new Client();
      client.start(encoder);
      let sent = "";
      for (const line of ['{"tick":1}\n', '{"tick":2}\n']) {
        encoder.write(Buffer.from(line), 0, line.length);
        sent += line;
        while (partialDecoders[coding](client.received).toString() !== sent) await client.next();
      }
      encoder.end();
      await client.ended.promise;
      assert.equal(decoders[coding](client.received).toString(), sent);
    });

    test("a client that takes nothing stops the source, and loses nothing", async () => {
      const encoder = createEncoder(coding, UNKNOWN_LENGTH);
      const client = new Client();
      client.takes = false;
      client.start(encoder);
      const written: Buffer[] = [];
      for (let idle = false; !idle;) {
        // Random, so that as much comes out as goes in.
        const chunk = randomBytes(64 * 1024);
        written.push(chunk);
        assert.ok(written.length < 64, "the encoder takes everything");
        if (encoder.write(chunk, 0, chunk.length)) continue;
        const ready = client.ready();
        idle = await Promise.race([ready.then(() => false), encodeSomethingElse(coding).then(() => true)]);
      }
      assert.equal(client.chunks.length, 1);

      client.takes = true;
      encoder.drain();
      encoder.end();
      await client.ended.promise;
      assert.ok(decoders[coding](client.received).equals(Buffer.concat(written)));
    });

    test("nothing comes after it was destroyed", async () => {
      const encoder = createEncoder(coding, UNKNOWN_LENGTH);
      const client = new Client();
      client.start(encoder);
      const first = client.next();
      encoder.write(textOf(200_000), 0, 200_000);
      await first;
      encoder.destroy();
      const before = client.chunks.length;
      client.ended.promise.then(
        () => assert.fail("ended"),
        () => assert.fail("failed"),
      );
      await encodeSomethingElse(coding);
      assert.equal(client.chunks.length, before);
    });

    test("can be destroyed before it was started", () => {
      createEncoder(coding, UNKNOWN_LENGTH).destroy();
      createEncoder(coding, 2000).destroy();
    });
  });
}
