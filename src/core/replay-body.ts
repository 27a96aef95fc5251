import type { HeaderList } from "../http/headers.ts";
import type { Exchange } from "./exchange.ts";
import type { ClientLeg } from "./legs.ts";
import { readWholeBody } from "./read-body.ts";

/** What a sink is given at once: a service that takes its time need not be sent everything into memory. */
const PIECE_BYTES = 64 * 1024;

/**
 * Reads the whole body of a request for a policy, and puts it back: whoever reads it afterwards gets the same bytes, of a known
 * length, whatever framing the client has used. Trailers are dropped (RFC 9110, 6.5.1): only chunks can have them. Rejects
 * as `readWholeBody` does, with nothing put back.
 */
export async function readAndReplayBody(x: Exchange, limitBytes: number): Promise<Uint8Array> {
  try {
    const bytes = await readWholeBody(x, limitBytes);
    x.request.bodyLength = bytes.length;
    x.client = new ReplayingLeg(x.client, bytes);
    return bytes;
  } finally {
    x.sink = undefined;
  }
}

/** The client's leg of an exchange whose request was read before its handler asked for it. */
class ReplayingLeg implements ClientLeg {
  readonly #client: ClientLeg;
  readonly #bytes: Uint8Array;
  #position = 0;
  #ended = false;

  constructor(client: ClientLeg, bytes: Uint8Array) {
    this.#client = client;
    this.#bytes = bytes;
  }

  readBody(x: Exchange): void {
    const bytes = this.#bytes;
    while (this.#position < bytes.length) {
      const { sink } = x;
      if (sink === undefined) return;
      const start = this.#position;
      this.#position = Math.min(start + PIECE_BYTES, bytes.length);
      if (!sink.body(bytes, start, this.#position)) return;
    }
    if (this.#ended) return;
    this.#ended = true;
    x.sink?.bodyEnd(undefined);
  }

  // --- The response goes its own way

  writeInterim(status: number, headers: HeaderList): void {
    this.#client.writeInterim(status, headers);
  }

  writeHead(x: Exchange): void {
    this.#client.writeHead(x);
  }

  writeBody(x: Exchange, bytes: Uint8Array, start: number, end: number): boolean {
    return this.#client.writeBody(x, bytes, start, end);
  }

  writeEnd(x: Exchange, trailers: HeaderList | undefined): void {
    this.#client.writeEnd(x, trailers);
  }

  truncate(x: Exchange): void {
    this.#client.truncate(x);
  }

  finished(x: Exchange): void {
    this.#client.finished(x);
  }
}
