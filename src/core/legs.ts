import type { HeaderList } from "../http/headers.ts";
import type { Exchange } from "./exchange.ts";

/**
 * The client's side of an exchange, whatever carries it: a socket, or a call in the same process. What is written in one turn
 * of the event loop goes out together, so that a small response is one system call.
 */
export interface ClientLeg {
  /** Writes an interim response, such as 103 (RFC 8297). */
  writeInterim(status: number, headers: HeaderList): void;
  /** Writes the head of `x.response`, with framing of its own. */
  writeHead(x: Exchange): void;
  /** Writes bytes of the body; they are copied or gone when it returns. False: wait for `BodySource.resume`. */
  writeBody(x: Exchange, bytes: Uint8Array, start: number, end: number): boolean;
  /** The body is complete. */
  writeEnd(x: Exchange, trailers: HeaderList | undefined): void;
  /** Makes the client see that the response is cut short. */
  truncate(x: Exchange): void;
  /** Lets the request's body flow to `x.sink`, and sends 100 Continue if the client waits for it. */
  readBody(x: Exchange): void;
  /** The exchange is over. */
  finished(x: Exchange): void;
}

/** Takes a request's body. Bytes are only valid during the call. */
export interface BodySink {
  /** False: stop, until the sink calls `ClientLeg.readBody` again. */
  body(bytes: Uint8Array, start: number, end: number): boolean;
  bodyEnd(trailers: HeaderList | undefined): void;
  /** The client went away, was too slow or broke the protocol: nothing follows. */
  bodyAborted(): void;
}

/** Makes a response's body. */
export interface BodySource {
  /** The client can take more. */
  resume(): void;
  /** The client has gone: stop. */
  cancel(): void;
}
