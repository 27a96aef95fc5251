/** Bytes that a client sends on one connection, and what must come of them. */
export interface ClientCase {
  readonly what: string;
  readonly bytes: string;
  /** Sent only once something was answered. */
  readonly later?: string;
  /**
   * The answers, in order: `ok` from the service, a status of the gateway's own, or the code of a refusal. After a refusal of
   * `http.` the connection must end; after all else a further request must be answered, unless the case ends it.
   */
  readonly answers: readonly (string | number)[];
  /** The messages that the service must have seen: these, in this order, and no other. */
  readonly seen?: readonly Seen[];
  /**
   * Method and target of a message whose head is good and which breaks off, or which nobody wants the rest of: the service may
   * have seen its beginning, on a connection that ends there.
   */
  readonly begun?: string;
  /** Whether the connection ends behind the last answer, where that is not what it says above. */
  readonly ends?: boolean;
}

/** What the service must have seen of one message; what is not named may be anything. */
export interface Seen {
  readonly method?: string;
  readonly target: string;
  readonly body?: string;
  /** Values of fields, by name in lower case; null where there must be none. */
  readonly fields?: Readonly<Record<string, string | null>>;
  readonly trailers?: Readonly<Record<string, string | null>>;
}

/** The rows of one threat. */
export interface Threat {
  readonly threat: string;
  readonly cases: readonly ClientCase[];
}

export const HOST = "Host: a\r\n";

export const get = (target: string, fields = ""): string => `GET ${target} HTTP/1.1\r\n${HOST}${fields}\r\n`;
export const post = (target: string, fields: string, body = ""): string =>
  `POST ${target} HTTP/1.1\r\n${HOST}${fields}\r\n${body}`;
/** A chunked POST. */
export const chunked = (target: string, body: string, fields = ""): string =>
  post(target, `${fields}Transfer-Encoding: chunked\r\n`, body);

/** A case that is refused, and of which the service sees nothing. */
export const refused = (what: string, bytes: string, code: string): ClientCase => ({
  what,
  bytes,
  answers: [code],
});

/** A case whose head is good and goes on before the rest is refused: the service may see its beginning, and never its end. */
export const broken = (what: string, bytes: string, code: string): ClientCase => ({
  ...refused(what, bytes, code),
  begun: bytes.slice(0, bytes.indexOf(" HTTP/")),
});

/** A case of one request, which the service sees as it is said. */
export const passed = (what: string, bytes: string, seen: Seen): ClientCase => ({
  what,
  bytes,
  answers: ["ok"],
  seen: [seen],
});
