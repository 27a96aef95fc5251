import type { Exchange } from "../../core/exchange.ts";

/** What a function that decides about a caller is told of the request. */
export interface AllowRequest {
  /** The request's id, answered as `X-Request-Id` and written to the log. */
  readonly id: string;
  readonly method: string;
  /** The canonical path: the one that services get to see. */
  readonly path: string;
  /** The query with its `?`, byte for byte; empty when there is none. */
  readonly query: string;
  /** Values of the route's `{param}`s and of a trailing `*`, percent-decoded; without a prototype. */
  readonly params: Readonly<Record<string, string>>;
  /** The tenant that the request is for, where the policy `tenant` has found one. */
  readonly tenant: string | undefined;
  /** Host and port as the client named them, in lower case; empty when it named none. */
  readonly host: string;
  /** The client's IP address. */
  readonly clientAddress: string;
  /** The value of a header field, its name in any case; of one that is repeated, all joined with commas. */
  readonly header: (name: string) => string | undefined;
}

/** Read from the exchange when asked for: most functions look at one thing. */
export class ExchangeView implements AllowRequest {
  readonly #x: Exchange;

  constructor(x: Exchange) {
    this.#x = x;
  }

  get id(): string {
    return this.#x.id;
  }

  get method(): string {
    return this.#x.request.method;
  }

  get path(): string {
    return this.#x.request.path;
  }

  get query(): string {
    return this.#x.request.query;
  }

  get params(): Readonly<Record<string, string>> {
    return this.#x.params;
  }

  get tenant(): string | undefined {
    return this.#x.tenant?.name;
  }

  get host(): string {
    const { client, request } = this.#x;
    return client.host === "" ? request.authority : client.host;
  }

  get clientAddress(): string {
    return this.#x.client.address;
  }

  /** A function of its own, since many will write `{ header }`. */
  get header(): (name: string) => string | undefined {
    const { headers } = this.#x.request;
    return (name) => headers.joined(name.toLowerCase());
  }
}
