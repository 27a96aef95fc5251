/** Bytes that a service sends as the answer to a request, and what must come of them. */
export interface ServiceCase {
  readonly what: string;
  /** What the client asks for; a GET unless it is said. */
  readonly asks?: Asked;
  /** Pieces are sent one by one, each once the one before was read. */
  readonly sends: string | readonly string[];
  /** What the service does then with its connection. */
  readonly after?: "fin" | "reset";
  readonly client: Expected;
  /** The connection serves another request; else it is destroyed. */
  readonly kept: boolean;
  /** What the service sends when its connection is kept and nobody waits for an answer. */
  readonly idle?: string;
}

/** What the client of a case must get. */
export interface Expected {
  /** Its code, when the gateway refuses: then it answers itself. */
  readonly refused?: string;
  /** Its code, when the answer is cut off after its head: `body`, if given, is the most that may have come of it. */
  readonly cut?: string;
  readonly status?: number;
  /** Values of fields, by name: all of them, in order. */
  readonly fields?: Readonly<Record<string, readonly string[]>>;
  readonly body?: string;
  /** Lines, as `name: value`. */
  readonly trailers?: readonly string[];
  /** Statuses of the interim responses. */
  readonly interims?: readonly number[];
}

/** Requests of the first client: its bytes, those that it sends when its answer is there, and what the service waits for. */
export const REQUESTS = {
  GET: { method: "GET", first: "GET /first HTTP/1.1\r\nhost: a\r\n\r\n", rest: "", body: "", ends: false },
  HEAD: { method: "HEAD", first: "HEAD /first HTTP/1.1\r\nhost: a\r\n\r\n", rest: "", body: "", ends: false },
  DELETE: {
    method: "DELETE",
    first: "DELETE /first HTTP/1.1\r\nhost: a\r\n\r\n",
    rest: "",
    body: "",
    ends: false,
  },
  POST: {
    method: "POST",
    first: "POST /first HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\n\r\nhello",
    rest: "",
    body: "hello",
    ends: false,
  },
  "POST of which half has come": {
    method: "POST",
    first: "POST /first HTTP/1.1\r\nhost: a\r\ncontent-length: 10\r\n\r\nhello",
    rest: "world",
    body: "hello",
    ends: false,
  },
  "chunked POST of which half has come": {
    method: "POST",
    first: "POST /first HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n",
    rest: "5\r\nworld\r\n0\r\n\r\n",
    body: "5\r\nhello\r\n",
    ends: false,
  },
  "GET of HTTP/1.0": { method: "GET", first: "GET /first HTTP/1.0\r\n\r\n", rest: "", body: "", ends: true },
} as const;

export type Asked = keyof typeof REQUESTS;

/** Must reach nobody, in any case. */
export const EVIL = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil";
export const OK = "HTTP/1.1 200 OK\r\n";
export const WHOLE = `${OK}Content-Length: 2\r\n\r\nok`;
const CHUNKED = `${OK}Transfer-Encoding: chunked\r\n\r\n`;

export const chunked = (body: string): string => CHUNKED + body;

/** Refused before any of it is passed on. */
export const refused = (
  what: string,
  sends: ServiceCase["sends"],
  more: Pick<ServiceCase, "asks" | "after"> = {},
): ServiceCase => ({ what, sends, client: { refused: "service.bad_response" }, kept: false, ...more });

/** The service goes before its head is whole. */
export const broken = (
  what: string,
  sends: string,
  after: "fin" | "reset",
  asks: Asked = "GET",
): ServiceCase => ({ what, sends, after, asks, client: { refused: "service.broken" }, kept: false });

/** Refused, or broken off, when the client has its head already. */
export const cut = (
  what: string,
  sends: ServiceCase["sends"],
  body: string,
  more: Pick<ServiceCase, "asks" | "after"> = {},
): ServiceCase => ({
  what,
  sends,
  client: { cut: more.after === undefined ? "service.bad_response" : "service.broken", body },
  kept: false,
  ...more,
});

/** Passed on whole, and the connection is kept. */
export const passed = (
  what: string,
  sends: ServiceCase["sends"],
  client: Expected,
  more: Pick<ServiceCase, "asks" | "idle"> = {},
): ServiceCase => ({
  what,
  sends,
  client: { status: 200, ...client },
  kept: more.idle === undefined,
  ...more,
});

/** Passed on whole, but the connection is not used again. */
export const lastOne = (
  what: string,
  sends: ServiceCase["sends"],
  client: Expected,
  more: Pick<ServiceCase, "asks" | "after"> = {},
): ServiceCase => ({ what, sends, client: { status: 200, ...client }, kept: false, ...more });

/** The rows of one threat. */
export interface ServiceThreat {
  readonly threat: string;
  readonly cases: readonly ServiceCase[];
}
