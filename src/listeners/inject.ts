import type { Wire, WirePeer } from "../host/host.ts";
import { ResponseParser, type ResponseEvents } from "../http/h1/response-parser.ts";
import { UNKNOWN_LENGTH, type ResponseHead } from "../http/head.ts";
import type { HeaderList } from "../http/headers.ts";
import { directProvenance } from "../http/forwarded/provenance.ts";
import type { Door } from "./door.ts";
import { http1 } from "./h1/http1.ts";

/** Fields that say how a message travels: they are written anew for the wire. */
const FRAMING: ReadonlySet<string> = new Set(["connection", "content-length", "host", "transfer-encoding"]);
const LIMITS = { headBytes: 1024 * 1024, headerCount: 1000 };

/**
 * Sends `request` through the gateway without a socket: it is written as HTTP/1.1 and read by the same code that reads what
 * comes from the network, from 127.0.0.1, so that nothing a client could meet is left out. Resolves with the response
 * once its head is there; rejects with a `TypeError` when the connection ends before, with the signal's reason when the
 * request is aborted, and with the error of the request's body when that fails.
 */
export async function inject(door: Door, request: Request): Promise<Response> {
  const { signal } = request;
  signal.throwIfAborted();
  const call = new InjectedCall(request.method);
  const peer = door.accept(call, directProvenance(call.remoteAddress), http1(door));
  call.open(peer);
  signal.addEventListener("abort", () => call.abandon(signal.reason), { once: true });
  // A response may come, and the connection end, before the body was taken: its failure is then nobody's business.
  send(call, request).catch((error: unknown) => call.abandon(error));
  return call.response;
}

async function send(call: InjectedCall, request: Request): Promise<void> {
  const url = new URL(request.url);
  const { body } = request;
  let head = `${request.method} ${url.pathname}${url.search} HTTP/1.1\r\nhost: ${url.host}\r\nconnection: close\r\n`;
  for (const [name, value] of request.headers) if (!FRAMING.has(name)) head += `${name}: ${value}\r\n`;
  if (body !== null) head += "transfer-encoding: chunked\r\n";
  await call.deliver(Buffer.from(`${head}\r\n`, "latin1"));
  if (body === null) return;
  for await (const bytes of body) {
    if (bytes.length === 0) continue;
    await call.deliver(Buffer.from(`${bytes.length.toString(16)}\r\n`));
    await call.deliver(Buffer.from(bytes));
    await call.deliver(Buffer.from("\r\n"));
  }
  await call.deliver(Buffer.from("0\r\n\r\n"));
}

/** A connection in memory: the gateway's side is a `Wire`, the caller's a promise of a response. */
class InjectedCall implements Wire, ResponseEvents {
  readonly remoteAddress = "127.0.0.1";
  readonly remotePort = 0;
  sends = 0;
  readonly response: Promise<Response>;
  readonly #parser = new ResponseParser(LIMITS, this);
  readonly #settle: { resolve: (response: Response) => void; reject: (reason: unknown) => void };
  #peer!: WirePeer;
  #body: ReadableStreamDefaultController<Uint8Array> | undefined = undefined;
  #resumed: (() => void) | undefined = undefined;
  #paused = false;
  #blocked = false;
  #over = false;
  #gone = false;

  constructor(method: string) {
    const { promise, resolve, reject } = Promise.withResolvers<Response>();
    this.response = promise;
    this.#settle = { resolve, reject };
    this.#parser.expect(method);
  }

  open(peer: WirePeer): void {
    this.#peer = peer;
    peer.connected();
  }

  /** Gives bytes to the gateway, once it wants them. */
  async deliver(bytes: Buffer): Promise<void> {
    if (this.#paused) await new Promise<void>((resolve) => (this.#resumed = resolve));
    if (!this.#gone) this.#peer.received(bytes, bytes.length);
  }

  /** The caller gives up; `reason` is what it is told. */
  abandon(reason: unknown): void {
    if (!this.#over) this.#break(reason);
    this.end();
  }

  // --- The gateway's side

  get pendingBytes(): number {
    const room = this.#body?.desiredSize ?? 1;
    return room > 0 ? 0 : 1 - room;
  }

  writeText(text: string): void {
    const bytes = Buffer.from(text, "latin1");
    this.writeBytes(bytes, 0, bytes.length);
  }

  writeBytes(bytes: Uint8Array, start: number, end: number): void {
    this.sends++;
    const buffer = Buffer.from(bytes.subarray(start, end));
    for (let position = 0; position < buffer.length && !this.#over;) {
      position = this.#parser.parse(buffer, position, buffer.length);
    }
    this.#blocked = this.pendingBytes > 0;
    if (this.#blocked) this.#peer.blocked();
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.#resumed?.();
  }

  end(): void {
    if (!this.#over) this.#break();
    queueMicrotask(() => this.#close());
  }

  destroy(): void {
    this.end();
  }

  reset(): void {
    this.destroy();
  }

  #close(): void {
    if (this.#gone) return;
    this.#gone = true;
    this.resume();
    this.#peer.closed(undefined);
  }

  #break(
    reason: unknown = new TypeError("the gateway ended the connection before the response was complete"),
  ): void {
    this.#over = true;
    this.#settle.reject(reason);
    this.#body?.error(reason);
  }

  // --- The response

  interim(): void {}

  head(head: ResponseHead): void {
    const headers = new Headers();
    for (const [name, value] of head.headers) headers.append(name, value);
    if (head.bodyLength !== UNKNOWN_LENGTH && head.status !== 204) {
      headers.set("content-length", String(head.bodyLength));
    }
    const empty = head.status === 204 || head.status === 205 || head.status === 304;
    const body = empty ? null : this.#stream();
    this.#settle.resolve(new Response(body, { status: head.status, headers }));
  }

  body(bytes: Uint8Array, start: number, end: number): void {
    this.#body?.enqueue(new Uint8Array(bytes.subarray(start, end)));
  }

  bodyEnd(_trailers: HeaderList | undefined): void {
    this.#over = true;
    this.#body?.close();
  }

  /** Later, because the stream may ask for more while it is given something. */
  #drained(): void {
    if (!this.#blocked) return;
    this.#blocked = false;
    queueMicrotask(() => this.#peer.drained());
  }

  #stream(): ReadableStream<Uint8Array> {
    return new ReadableStream<Uint8Array>(
      {
        start: (controller) => void (this.#body = controller),
        pull: () => this.#drained(),
        cancel: () => this.destroy(),
      },
      { highWaterMark: 64 * 1024, size: (bytes) => bytes.length },
    );
  }
}
