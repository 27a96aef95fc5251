import { UNKNOWN_LENGTH, type ResponseHead } from "../http/head.ts";
import { HeaderList } from "../http/headers.ts";
import { breakResponse, complete, logInternalError, stopBodies } from "./end-exchange.ts";
import { INTERNAL_ERROR } from "./refusals.ts";
import { problemBody } from "./problem.ts";
import { refuse, type Refusal, type Reply } from "./reply.ts";
import type { BodyEncoder, EncoderOutput } from "./body-encoder.ts";
import type { Exchange } from "./exchange.ts";

/**
 * The way of a response to the client: `beginResponse`, `writeBody` as often as needed, then `endResponse`, or
 * `breakResponse` where it cannot be completed; `reply` does it all for a reply.
 */

/**
 * Runs the response hooks of the steps below `reached`, backwards, and writes the head. False when a hook made it
 * wait: hold the body back until `x.source.resume()`.
 */
export function beginResponse(x: Exchange, head: ResponseHead, reached = x.reached): boolean {
  // The response whose place this one takes, while a hook is waited for, may have been given an encoder.
  x.encoder?.destroy();
  x.encoder = undefined;
  x.response = head;
  return runResponseHooks(x, reached - 1);
}

function runResponseHooks(x: Exchange, from: number): boolean {
  const { steps } = x.route;
  const head = x.response;
  for (let i = from; i >= 0; i--) {
    const { policy } = steps[i]!;
    if (policy.response === undefined) continue;
    let waiting: void | Promise<void>;
    try {
      waiting = policy.response(x);
    } catch (error) {
      fail(x, error);
      return true;
    }
    if (waiting === undefined) continue;
    const next = i - 1;
    waiting.then(
      () => {
        // While a hook was waited for, another response may have taken this one's place: it has its own way out.
        if (x.finished || x.response !== head) return;
        if (runResponseHooks(x, next)) x.source?.resume();
      },
      (error: unknown) => {
        if (x.response === head) fail(x, error);
        else logInternalError(x, error);
      },
    );
    return false;
  }
  writeHead(x);
  return true;
}

function writeHead(x: Exchange): void {
  const { status, headers } = x.response!;
  headers.set("x-request-id", x.id);
  headers.set("traceparent", x.traceparent);
  x.bodiless = x.request.method === "HEAD" || status === 204 || status === 304;
  x.headWritten = true;
  if (x.bodiless) x.encoder?.destroy();
  x.responseSink.head(x.response!, x.bodiless);
  if (x.bodiless) x.encoder = undefined;
  else if (x.encoder !== undefined) startEncoder(x, x.encoder);
}

function startEncoder(x: Exchange, encoder: BodyEncoder): void {
  try {
    encoder.start(encoderOutput(x));
  } catch (error) {
    fail(x, error);
  }
}

/** Passes an interim response (1xx) on, while none has gone before it. */
export function writeInterim(x: Exchange, status: number, headers: HeaderList): void {
  if (!x.finished && !x.headWritten) x.responseSink.interim(status, headers);
}

/** Writes bytes of the body, valid only during the call. False: wait for `BodySource.resume`. */
export function writeBody(x: Exchange, bytes: Uint8Array, start: number, end: number): boolean {
  if (x.finished || x.bodiless) return true;
  if (x.encoder !== undefined) return encode(x, x.encoder, bytes, start, end);
  x.responseBytes += end - start;
  return x.responseSink.body(bytes, start, end);
}

/** The client can take more: whoever makes the body goes on. */
export function resumeResponse(x: Exchange): void {
  if (!x.headWritten || x.finished) return;
  if (x.encoder !== undefined) x.encoder.drain();
  else x.source?.resume();
}

export function endResponse(x: Exchange, trailers: HeaderList | undefined): void {
  if (x.finished) return;
  if (x.encoder === undefined) {
    complete(x, trailers);
    return;
  }
  try {
    x.encoder.end();
  } catch (error) {
    fail(x, error);
  }
}

function encode(x: Exchange, encoder: BodyEncoder, bytes: Uint8Array, start: number, end: number): boolean {
  try {
    return encoder.write(bytes, start, end);
  } catch (error) {
    fail(x, error);
    return true;
  }
}

/**
 * Whether a response is out, or on its way through hooks that wait: what breaks a request's body is answered while a policy or
 * a handler may still be at work on it.
 */
export function isAnswered(x: Exchange): boolean {
  return x.finished || x.response !== undefined;
}

/** Answers with a reply that was waited for, unless the request was refused meanwhile. */
export function replyLate(x: Exchange, answer: Reply, reached = x.reached): void {
  if (isAnswered(x)) discard(answer);
  else reply(x, answer, reached);
}

/** What was waited for has failed: an error of the gateway itself, unless the request was refused meanwhile; then it is only logged. */
export function failLate(x: Exchange, error: unknown, reached: number): void {
  if (isAnswered(x)) logInternalError(x, error);
  else fail(x, error, reached);
}

/** Nobody will read it: what makes it must hear of that. */
function discard({ body }: Reply): void {
  if (body instanceof ReadableStream) body.cancel().catch(() => {});
}

/** Answers with a reply; `reached` steps see it on its way out. */
export function reply(x: Exchange, answer: Reply, reached = x.reached): void {
  const { body, refusal } = answer;
  if (x.finished) return discard(answer);
  if (refusal !== undefined) {
    x.code = refusal.kind.code;
    if (body === undefined) {
      replyWithProblem(x, answer, refusal, reached);
      return;
    }
  }
  const headers = new HeaderList(answer.headers === undefined ? [] : [...answer.headers]);
  if (body instanceof ReadableStream) {
    const source = new StreamSource(x, body);
    x.source = source;
    const head = { status: answer.status, headers, bodyLength: UNKNOWN_LENGTH };
    if (beginResponse(x, head, reached) && x.source === source) source.resume();
    return;
  }
  const bytes = body === undefined ? EMPTY : typeof body === "string" ? Buffer.from(body) : body;
  replyWithBytes(x, { status: answer.status, headers, bodyLength: bytes.length }, bytes, reached);
}

/**
 * An error of the gateway itself: a 500 where an answer can still be given, else a truncation; logged once. The `reached`
 * steps see the 500 on its way out, so that a page of another origin can read it too: those that are known not to be
 * what is broken, and by default none.
 */
export function fail(x: Exchange, error: unknown, reached = 0): void {
  logInternalError(x, error);
  if (x.finished) return;
  breakOff(x, refuse(INTERNAL_ERROR), reached);
}

/**
 * What is in the way of `x` shows in the middle of it: whoever works for it stops, and the client gets the refusal where an answer
 * can still be given, else it sees a truncation.
 */
export function breakOff(x: Exchange, refusal: Reply, reached = x.reached): void {
  stopBodies(x);
  if (x.headWritten) breakResponse(x, refusal.refusal?.kind.code ?? "");
  else reply(x, refusal, reached);
}

const EMPTY = new Uint8Array(0);

function replyWithProblem(x: Exchange, answer: Reply, refusal: Refusal, reached: number): void {
  const bytes = Buffer.from(problemBody(x, refusal, answer.status));
  const fields = ["content-type", "application/problem+json", "cache-control", "no-store"];
  if (answer.headers !== undefined) fields.push(...answer.headers);
  replyWithBytes(
    x,
    { status: answer.status, headers: new HeaderList(fields), bodyLength: bytes.length },
    bytes,
    reached,
  );
}

function replyWithBytes(x: Exchange, head: ResponseHead, bytes: Uint8Array, reached: number): void {
  const rest = { resume: () => writeWhole(x, bytes), cancel: () => {} };
  x.source = rest;
  if (beginResponse(x, head, reached) && x.source === rest) writeWhole(x, bytes);
}

function writeWhole(x: Exchange, bytes: Uint8Array): void {
  x.source = undefined;
  if (bytes.length > 0) writeBody(x, bytes, 0, bytes.length);
  endResponse(x, undefined);
}

function encoderOutput(x: Exchange): EncoderOutput {
  return {
    bytes(bytes) {
      if (x.finished) return true;
      x.responseBytes += bytes.length;
      return x.responseSink.body(bytes, 0, bytes.length);
    },
    end() {
      if (x.finished) return;
      complete(x, undefined);
    },
    failed: (error) => fail(x, error),
    ready: () => x.source?.resume(),
  };
}

/** Writes a stream's chunks as the client takes them. */
class StreamSource {
  readonly #x: Exchange;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  #reading = false;

  constructor(x: Exchange, stream: ReadableStream<Uint8Array>) {
    this.#x = x;
    this.#reader = stream.getReader();
  }

  resume(): void {
    if (this.#reading) return;
    this.#reading = true;
    this.#pump().catch((error: unknown) => fail(this.#x, error));
  }

  cancel(): void {
    // A stream that fails while it is cancelled has nobody left to tell.
    this.#reader.cancel().catch(() => {});
  }

  async #pump(): Promise<void> {
    const x = this.#x;
    if (x.bodiless) {
      // Nobody gets to see the stream, and it need not have an end.
      this.cancel();
      endResponse(x, undefined);
      return;
    }
    while (!x.finished) {
      const { done, value } = await this.#reader.read();
      if (x.finished) return;
      if (done) {
        endResponse(x, undefined);
        return;
      }
      if (!(value instanceof Uint8Array))
        throw new TypeError("a response's body stream must give bytes (Uint8Array)");
      const more = writeBody(x, value, 0, value.length);
      if (!more) {
        // At once, not with the promise: the client may ask to go on before that is settled.
        this.#reading = false;
        return;
      }
    }
  }
}
