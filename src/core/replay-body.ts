import type { Exchange } from "./exchange.ts";
import type { BodySink, RequestBody } from "./legs.ts";
import { readWholeBody } from "./read-body.ts";

/** What a sink is given at once: a service that takes its time need not be sent everything into memory. */
const PIECE_BYTES = 64 * 1024;

/**
 * Reads the whole body of a request for a policy, and puts it back: whoever reads it afterwards gets the same bytes, of a known
 * length, whatever framing the client has used. Trailers are dropped (RFC 9110, 6.5.1): only chunks can have them. Rejects
 * as `readWholeBody` does, with nothing put back.
 */
export async function readAndReplayBody(x: Exchange, limitBytes: number): Promise<Uint8Array> {
  const { requestBody } = x;
  try {
    const bytes = await readWholeBody(x, limitBytes);
    x.request.bodyLength = bytes.length;
    x.requestBody = new ReplayedBody(bytes);
    return bytes;
  } finally {
    requestBody.leave();
  }
}

/** The body of a request that was read before its handler asked for it. */
class ReplayedBody implements RequestBody {
  readonly #bytes: Uint8Array;
  #sink: BodySink | undefined = undefined;
  #position = 0;
  #ended = false;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  readTo(sink: BodySink): void {
    const bytes = this.#bytes;
    this.#sink = sink;
    while (this.#position < bytes.length) {
      const start = this.#position;
      this.#position = Math.min(start + PIECE_BYTES, bytes.length);
      if (!sink.body(bytes, start, this.#position) || this.#sink !== sink) return;
    }
    if (this.#ended) return;
    this.#ended = true;
    this.#sink = undefined;
    sink.bodyEnd(undefined);
  }

  leave(): void {
    this.#sink = undefined;
  }

  abort(): void {
    const sink = this.#sink;
    this.#sink = undefined;
    sink?.bodyAborted();
  }
}
