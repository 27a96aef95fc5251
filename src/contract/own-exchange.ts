import { isWrittenAnew } from "../core/provenance.ts";
import type { Caller } from "../core/caller.ts";
import type { Exchange } from "../core/exchange.ts";
import type { Tenant } from "../core/tenant.ts";
import type { ResponseHead } from "../http/head.ts";
import { FIELD_NAME, FIELD_VALUE } from "../http/field-schema.ts";
import { isEndToEnd } from "../http/header-names.ts";
import type { OwnExchange, OwnFields, OwnResponse } from "./own-policy.ts";

/** What a user's policy sees of an exchange: live, and nothing can be written that would break the message. */
export class ExchangeView implements OwnExchange {
  readonly #x: Exchange;
  readonly #identityHeaders: readonly string[];
  #response: ResponseView | undefined = undefined;

  /** `identityHeaders`: those by which the policy itself tells services who is calling. */
  constructor(x: Exchange, identityHeaders: readonly string[]) {
    this.#x = x;
    this.#identityHeaders = identityHeaders;
  }

  get id(): string {
    return this.#x.id;
  }
  get client(): OwnExchange["client"] {
    return this.#x.client;
  }
  get request(): OwnExchange["request"] {
    return this.#x.request;
  }
  get params(): Readonly<Record<string, string>> {
    return this.#x.params;
  }
  get caller(): Caller | undefined {
    return this.#x.caller;
  }
  get tenant(): Tenant | undefined {
    return this.#x.tenant;
  }
  get response(): OwnResponse | undefined {
    const { response } = this.#x;
    if (response === undefined) return undefined;
    // An error may have put another one in its place.
    if (this.#response?.head !== response) this.#response = new ResponseView(response);
    return this.#response;
  }

  forwardHeader(name: string, value: string): void {
    const field = readField(name, value);
    if (this.#x.snapshot.identityHeaders.includes(field) && !this.#identityHeaders.includes(field))
      throw new TypeError(`the field ${field} says who is calling, and another policy sets it`);
    this.#x.forwardHeader(field, value);
  }
}

class ResponseView implements OwnResponse {
  readonly #head: ResponseHead;

  constructor(head: ResponseHead) {
    this.#head = head;
  }

  get head(): ResponseHead {
    return this.#head;
  }
  get status(): number {
    return this.#head.status;
  }
  get headers(): OwnFields {
    return this.#head.headers;
  }

  setHeader(name: string, value: string): void {
    this.#head.headers.set(readField(name, value), value);
  }

  deleteHeader(name: string): void {
    this.#head.headers.delete(readField(name, ""));
  }
}

/** The name in lower case. Throws a `TypeError` for what a policy may not set, or what could not be sent. */
export function readField(name: string, value: string): string {
  if (typeof name !== "string" || !FIELD_NAME.test(name))
    throw new TypeError(`${JSON.stringify(name)} is no name of a header field`);
  const field = name.toLowerCase();
  if (!isEndToEnd(field) || isWrittenAnew(field))
    throw new TypeError(`the field ${field} is the gateway's own to write`);
  // The value may be a secret, and is not repeated.
  if (typeof value !== "string" || !FIELD_VALUE.test(value))
    throw new TypeError(
      `the field ${field} has a value that cannot be sent: it needs a text without control characters`,
    );
  return field;
}
