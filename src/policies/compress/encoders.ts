import { Buffer } from "node:buffer";
import {
  brotliCompressSync,
  constants,
  createBrotliCompress,
  createGzip,
  createZstdCompress,
  gzipSync,
  zstdCompressSync,
} from "node:zlib";
import type { BrotliCompress, BrotliOptions, Gzip, ZlibOptions, ZstdCompress, ZstdOptions } from "node:zlib";
import type { BodyEncoder, EncoderOutput } from "../../core/body-encoder.ts";
import { UNKNOWN_LENGTH } from "../../http/head.ts";
import type { Coding } from "./schema.ts";

/**
 * Bodies up to this length are compressed in one go on the thread that has them: a stream costs about 100 µs more, most
 * of it on the way to the thread pool and back. Longer ones would keep other requests waiting for more than 0.3 ms.
 */
export const ONE_GO_BYTES = 32 * 1024;

// Levels and windows chosen for answers that are made anew each time: brotli's default level costs fifty times as much,
// and windows of 256 KB (brotli) and 128 KB (zstd) keep a stream below 1 MB of memory.
const gzipOptions: ZlibOptions = { level: constants.Z_DEFAULT_COMPRESSION };
const brotliOptions: BrotliOptions = {
  params: { [constants.BROTLI_PARAM_QUALITY]: 4, [constants.BROTLI_PARAM_LGWIN]: 18 },
};
const zstdOptions: ZstdOptions = {
  params: { [constants.ZSTD_c_compressionLevel]: 3, [constants.ZSTD_c_windowLog]: 17 },
};

interface CodingMaker {
  compress(bytes: Uint8Array): Uint8Array;
  open(): Gzip | BrotliCompress | ZstdCompress;
  /** Makes everything written so far readable, without forgetting it. */
  readonly flush: number;
}

const makers: Readonly<Record<Coding, CodingMaker>> = {
  gzip: {
    compress: (bytes) => gzipSync(bytes, gzipOptions),
    open: () => createGzip(gzipOptions),
    flush: constants.Z_SYNC_FLUSH,
  },
  br: {
    compress: (bytes) => brotliCompressSync(bytes, brotliOptions),
    open: () => createBrotliCompress(brotliOptions),
    flush: constants.BROTLI_OPERATION_FLUSH,
  },
  zstd: {
    compress: (bytes) => zstdCompressSync(bytes, zstdOptions),
    open: () => createZstdCompress(zstdOptions),
    flush: constants.ZSTD_e_flush,
  },
};

/** An encoder for a body of `bodyBytes`, or of `UNKNOWN_LENGTH`. Nothing is allocated before it is started. */
export function createEncoder(coding: Coding, bodyBytes: number): BodyEncoder {
  const maker = makers[coding];
  return bodyBytes !== UNKNOWN_LENGTH && bodyBytes <= ONE_GO_BYTES
    ? new OneGoEncoder(maker, bodyBytes)
    : new StreamEncoder(maker, bodyBytes);
}

/** Gathers a short body and compresses it at its end. */
class OneGoEncoder implements BodyEncoder {
  readonly #maker: CodingMaker;
  readonly #bodyBytes: number;
  #body: Uint8Array = new Uint8Array(0);
  #filled = 0;
  #output: EncoderOutput | undefined;

  constructor(maker: CodingMaker, bodyBytes: number) {
    this.#maker = maker;
    this.#bodyBytes = bodyBytes;
  }

  start(output: EncoderOutput): void {
    this.#output = output;
    this.#body = Buffer.allocUnsafe(this.#bodyBytes);
  }

  write(bytes: Uint8Array, start: number, end: number): boolean {
    this.#body.set(bytes.subarray(start, end), this.#filled);
    this.#filled += end - start;
    return true;
  }

  end(): void {
    const output = this.#output!;
    output.bytes(this.#maker.compress(this.#body.subarray(0, this.#filled)));
    output.end();
  }

  drain(): void {}

  destroy(): void {}
}

/**
 * Compresses on zlib's thread pool while the body streams. What the source sends is flushed when the compressor has
 * caught up and nothing more has come meanwhile: a source that pauses is not held back, and a fast one is not cut into
 * small blocks.
 */
class StreamEncoder implements BodyEncoder {
  readonly #maker: CodingMaker;
  /** Bytes of the body not yet written; below zero when nobody knows. */
  #remainingBytes: number;
  #stream: Gzip | BrotliCompress | ZstdCompress | undefined;

  constructor(maker: CodingMaker, bodyBytes: number) {
    this.#maker = maker;
    this.#remainingBytes = bodyBytes;
  }

  start(output: EncoderOutput): void {
    const stream = this.#maker.open();
    this.#stream = stream;
    stream.on("data", (bytes: Uint8Array) => {
      if (!output.bytes(bytes)) stream.pause();
    });
    stream.on("drain", () => output.ready());
    stream.on("end", () => output.end());
    stream.on("error", (error) => output.failed(error));
  }

  write(bytes: Uint8Array, start: number, end: number): boolean {
    this.#remainingBytes -= end - start;
    return this.#stream!.write(Buffer.from(bytes.subarray(start, end)), this.#written);
  }

  end(): void {
    this.#stream!.end();
  }

  drain(): void {
    this.#stream?.resume();
  }

  destroy(): void {
    this.#stream?.destroy();
  }

  readonly #written = (error: Error | null | undefined): void => {
    const stream = this.#stream!;
    const caughtUp = stream.writableLength === 0 && !stream.writableEnded;
    // The end of a body of known length follows at once, and flushes as well.
    if (!error && caughtUp && this.#remainingBytes !== 0) stream.flush(this.#maker.flush);
  };
}
