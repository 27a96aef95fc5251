import type { Exchange } from "../../core/exchange.ts";
import type { BodySink } from "../../core/legs.ts";

/**
 * A request's body as a stream. Nothing is asked of the client before somebody reads (an `Expect: 100-continue` waits
 * until then), and no more than one read's bytes are ever held: the client is stopped after each.
 */
export class RequestBody implements BodySink {
  readonly stream: ReadableStream<Uint8Array>;
  readonly #x: Exchange;
  #controller!: ReadableStreamDefaultController<Uint8Array>;
  /** Somebody waits for more. */
  #wanted = false;
  /** Bytes are being handed over: whether more are wanted is told by what `body` returns. */
  #delivering = false;
  #closed = false;

  constructor(x: Exchange) {
    this.#x = x;
    this.stream = new ReadableStream<Uint8Array>(
      {
        start: (controller) => void (this.#controller = controller),
        pull: () => this.#pull(),
        cancel: () => void (this.#closed = true),
      },
      { highWaterMark: 0 },
    );
  }

  body(bytes: Uint8Array, start: number, end: number): boolean {
    // What nobody will read is let by: the connection can be used again once the body is through.
    if (this.#closed) return true;
    this.#wanted = false;
    this.#delivering = true;
    // The caller's memory is used again, and whoever reads may keep or transfer what they get.
    this.#controller.enqueue(new Uint8Array(bytes.subarray(start, end)));
    this.#delivering = false;
    return this.#wanted;
  }

  bodyEnd(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#controller.close();
  }

  bodyAborted(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#controller.error(new DOMException("the request is over before the end of its body", "AbortError"));
  }

  #pull(): void {
    this.#wanted = true;
    if (this.#delivering) return;
    // The answer is out, and what is left of the body with it.
    if (this.#x.finished) return this.bodyAborted();
    this.#x.requestBody.readTo(this);
  }
}
