import { UNKNOWN_LENGTH } from "../http/head.ts";
import type { Exchange } from "./exchange.ts";
import type { BodySink } from "./legs.ts";

/** Why a request's body could not be read whole: it is larger than allowed, or it broke off before its end. */
export class BodyError extends Error {
  readonly reason: "too-large" | "aborted";

  constructor(reason: "too-large" | "aborted") {
    super(reason === "too-large" ? "the body is too large" : "the body broke off");
    this.name = "BodyError";
    this.reason = reason;
  }
}

/**
 * Reads the whole body of a request into memory, for handlers that need it before they can answer. Rejects with a
 * `BodyError` for a body of more than `limitBytes`, which is then not read on, and when the client breaks off.
 */
export function readWholeBody(x: Exchange, limitBytes: number): Promise<Uint8Array> {
  const { bodyLength } = x.request;
  if (bodyLength === 0) return Promise.resolve(new Uint8Array(0));
  if (bodyLength > limitBytes) return Promise.reject(new BodyError("too-large"));
  return new Promise((resolve, reject) => {
    x.requestBody.readTo(new BodyCollector(bodyLength, limitBytes, resolve, reject));
  });
}

class BodyCollector implements BodySink {
  readonly #limitBytes: number;
  readonly #resolve: (body: Uint8Array) => void;
  readonly #reject: (error: BodyError) => void;
  #buffer: Uint8Array;
  #length = 0;
  #over = false;

  constructor(
    bodyLength: number,
    limitBytes: number,
    resolve: (body: Uint8Array) => void,
    reject: (error: BodyError) => void,
  ) {
    this.#limitBytes = limitBytes;
    this.#resolve = resolve;
    this.#reject = reject;
    this.#buffer = new Uint8Array(bodyLength === UNKNOWN_LENGTH ? Math.min(limitBytes, 1024) : bodyLength);
  }

  body(bytes: Uint8Array, start: number, end: number): boolean {
    if (this.#over) return false;
    const length = this.#length + end - start;
    if (length > this.#limitBytes) {
      this.#fail("too-large");
      return false;
    }
    if (length > this.#buffer.length) {
      const larger = new Uint8Array(Math.min(this.#limitBytes, Math.max(length, 2 * this.#buffer.length)));
      larger.set(this.#buffer.subarray(0, this.#length));
      this.#buffer = larger;
    }
    this.#buffer.set(bytes.subarray(start, end), this.#length);
    this.#length = length;
    return true;
  }

  bodyEnd(): void {
    if (this.#over) return;
    this.#over = true;
    this.#resolve(this.#buffer.subarray(0, this.#length));
  }

  bodyAborted(): void {
    if (!this.#over) this.#fail("aborted");
  }

  #fail(reason: BodyError["reason"]): void {
    this.#over = true;
    this.#reject(new BodyError(reason));
  }
}
