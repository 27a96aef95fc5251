import type { ResponseHead } from "../http/head.ts";
import type { HeaderList } from "../http/headers.ts";

/**
 * Takes a response on the client's side, whatever carries it: a connection, a stream of one, or a call in the same process. What
 * is written in one turn of the event loop goes out together, so that a small response is one system call.
 */
export interface ResponseSink {
  /** Writes an interim response, such as 103 (RFC 8297), where the client's protocol has them. */
  interim(status: number, headers: HeaderList): void;
  /** Writes the head, with framing of its own. `bodiless`: no body follows, whatever the head says of its length. */
  head(head: ResponseHead, bodiless: boolean): void;
  /** Writes bytes of the body; they are copied or gone when it returns. False: wait for `resumeResponse`. */
  body(bytes: Uint8Array, start: number, end: number): boolean;
  /** The body is complete. */
  end(trailers: HeaderList | undefined): void;
  /** Makes the client see that the response is cut short. */
  truncate(): void;
  /** The exchange is over: all who had a part in it have heard so. Comes behind `end` or `truncate`, or when the client is gone. */
  finished(): void;
}

/** The body of a request, for whoever reads it. */
export interface RequestBody {
  /** Lets it flow to `sink`, from where it stopped; a client that waits to be asked is asked. */
  readTo(sink: BodySink): void;
  /** Nobody reads on; the sink hears nothing more. */
  leave(): void;
  /** It will not be complete for the sink, which is told so. */
  abort(): void;
}

/** Takes a request's body. Bytes are only valid during the call. */
export interface BodySink {
  /** False: stop, until `readTo` is called again. */
  body(bytes: Uint8Array, start: number, end: number): boolean;
  bodyEnd(trailers: HeaderList | undefined): void;
  /** The client went away, was too slow or broke the protocol: nothing follows. */
  bodyAborted(): void;
}

/** Makes a response's body. */
export interface BodySource {
  /** The client can take more. */
  resume(): void;
  /** Nobody takes more: stop. */
  cancel(): void;
}
