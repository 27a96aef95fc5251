import type { ResponseHead } from "../head.ts";
import type { HeaderList } from "../headers.ts";
import { ProtocolError } from "../protocol-error.ts";
import { BAD_RESPONSE } from "../refusals.ts";
import { BodyReader } from "./body.ts";
import type { BodyEvents } from "./chunked.ts";
import { RESPONSE_FIELDS } from "./fields.ts";
import type { ResponseLimits } from "./response-head.ts";
import { ResponseHeadReader } from "./response-head.ts";
import { INCOMPLETE, SectionBuffer } from "./section.ts";

export type { ResponseLimits } from "./response-head.ts";

export interface ResponseEvents extends BodyEvents {
  /** An interim response other than 100, such as 103 (RFC 8297). */
  interim(status: number, headers: HeaderList): void;
  head(head: ResponseHead): void;
  /** Exactly once after `head`, also when there is no body. */
  bodyEnd(trailers: HeaderList | undefined): void;
}

/** Interim responses before one final response; a service could send them without end. */
const MAX_INTERIM = 16;

/**
 * Reads the responses of one connection to a service (RFC 9112), as strictly as requests are read. Every violation throws a
 * `ProtocolError` of kind `service.bad_response`, after which the connection must be dropped.
 */
export class ResponseParser {
  readonly #events: ResponseEvents;
  readonly #reader: ResponseHeadReader;
  readonly #section: SectionBuffer;
  readonly #body: BodyReader;
  #awaiting = false;
  #method = "";
  #interims = 0;
  #keepAlive = false;

  constructor(limits: ResponseLimits, events: ResponseEvents) {
    this.#events = events;
    this.#reader = new ResponseHeadReader(limits);
    this.#section = new SectionBuffer(this.#reader);
    this.#body = new BodyReader(events, BAD_RESPONSE, RESPONSE_FIELDS, limits);
  }

  /** `idle`: no response is expected. `head`: none of it, or not the whole head, has come. `body`: the body has not ended. */
  get phase(): "idle" | "head" | "body" {
    if (this.#body.open) return "body";
    return this.#awaiting ? "head" : "idle";
  }

  /** The service will take another request on this connection once the response, whose head has come, is over. */
  get keepAlive(): boolean {
    return this.#keepAlive;
  }

  /** Begins the response to a request of that method. */
  expect(method: string): void {
    this.#awaiting = true;
    this.#method = method;
    this.#interims = 0;
    this.#keepAlive = false;
  }

  /**
   * Consumes bytes up to the end of the response and returns the position behind it. What lies beyond was sent unasked:
   * the connection cannot be trusted any more.
   */
  parse(bytes: Buffer, start: number, end: number): number {
    let position = start;
    while (this.#awaiting) {
      if (position >= end) return end;
      position = this.#section.take(bytes, position, end);
      if (position === INCOMPLETE) return end;
      this.#takeHead();
      // Without a body the response is over, and the next one may already be expected: its bytes are not in here.
      if (!this.#awaiting && !this.#body.open) return this.#finishEmpty(position);
    }
    return this.#body.open ? this.#body.read(bytes, position, end) : position;
  }

  /** The service has sent FIN: ends a body that lasts until then; throws when a response is cut short. */
  ended(): void {
    if (this.#body.untilClose) this.#body.finishAtClose();
    else if (this.phase !== "idle")
      throw new ProtocolError(BAD_RESPONSE, "The connection ended within a response.");
  }

  #takeHead(): void {
    const { head, unframed, keepAlive } = this.#reader.take();
    const { status } = head;
    if (status < 200) {
      // RFC 9110, 8.6 and 9112, 6.1: whoever believed it would take what follows for a body.
      if (!unframed && head.bodyLength !== 0)
        throw new ProtocolError(BAD_RESPONSE, "An interim response states a body.");
      this.#takeInterim(status, head.headers);
      return;
    }
    this.#awaiting = false;
    if (this.#method === "HEAD" || status === 304) {
      this.#keepAlive = keepAlive;
    } else if (status === 204) {
      // One that states a body may bring it, for the next answer to begin with.
      this.#keepAlive = keepAlive && (unframed || head.bodyLength === 0);
      head.bodyLength = 0;
    } else if (unframed) {
      this.#keepAlive = false;
      this.#body.beginUntilClose();
    } else {
      this.#keepAlive = keepAlive;
      if (head.bodyLength !== 0) this.#body.begin(head.bodyLength);
    }
    this.#events.head(head);
  }

  #takeInterim(status: number, headers: HeaderList): void {
    if (status === 101) throw new ProtocolError(BAD_RESPONSE, "The service switched protocols unasked.");
    this.#interims += 1;
    if (this.#interims > MAX_INTERIM) throw new ProtocolError(BAD_RESPONSE, "Too many interim responses.");
    if (status !== 100) this.#events.interim(status, headers);
  }

  #finishEmpty(position: number): number {
    this.#events.bodyEnd(undefined);
    return position;
  }
}
