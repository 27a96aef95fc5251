/** What a client of one connection makes of its bytes, read by a parser that shares nothing with the gateway and allows nothing. */

type Fields = readonly (readonly [name: string, value: string])[];

export interface ClientResponse {
  readonly status: number;
  readonly fields: Fields;
  /** Statuses and fields of the interim responses before it. */
  readonly interims: readonly { readonly status: number; readonly fields: Fields }[];
  body: string;
  trailers: Fields;
}

export interface ClientReading {
  /** Those that are whole. */
  readonly responses: ClientResponse[];
  /** One that has begun and is not whole. */
  readonly begun: ClientResponse | undefined;
}

const STATUS_LINE = /^HTTP\/1\.1 ([1-5]\d\d) [\x20-\x7e]*$/;
const FIELD =
  /^([!#$%&'*+\-.^_`|~0-9a-z]+): ((?:[\x21-\x7e\x80-\xff](?:[\t\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?)?)$/;
const CHUNK_SIZE = /^(?:0|[1-9a-f][0-9a-f]*)$/;
const LENGTH = /^(?:0|[1-9]\d*)$/;
/** What belongs to the service's connection, and must not come through. */
const HOP_BY_HOP = ["keep-alive", "proxy-connection", "te", "trailer", "upgrade", "http2-settings", "host"];

/**
 * Reads the answers to requests of these methods, in order; `ended` is how the connection ended, if it has. Throws for whatever
 * two clients could read in two ways, and for bytes that answer nothing.
 */
export function readClientBytes(
  text: string,
  methods: readonly string[],
  ended: "open" | "end" | "reset",
): ClientReading {
  const responses: ClientResponse[] = [];
  const cursor = new Cursor(text);
  for (const method of methods) {
    const response = readHead(cursor);
    if (response === undefined) return { responses, begun: undefined };
    if (!readBody(cursor, response, method, ended)) return { responses, begun: response };
    responses.push(response);
  }
  if (cursor.rest !== "")
    throw new Error(`bytes that answer no request: ${JSON.stringify(cursor.rest.slice(0, 200))}`);
  return { responses, begun: undefined };
}

class Cursor {
  rest: string;

  constructor(text: string) {
    this.rest = text;
  }

  take(length: number): string {
    const taken = this.rest.slice(0, length);
    this.rest = this.rest.slice(length);
    return taken;
  }

  /** Up to `mark`, which is left out; undefined when it has not come. */
  takeTo(mark: string): string | undefined {
    const at = this.rest.indexOf(mark);
    return at === -1 ? undefined : this.take(at + mark.length).slice(0, at);
  }
}

function readHead(cursor: Cursor): ClientResponse | undefined {
  const interims: { status: number; fields: Fields }[] = [];
  for (;;) {
    const head = cursor.takeTo("\r\n\r\n");
    if (head === undefined) return undefined;
    const [line, ...lines] = head.split("\r\n");
    const status = Number(STATUS_LINE.exec(line!)?.[1] ?? fail("status line", line!));
    const fields = lines.map(readField);
    for (const name of HOP_BY_HOP) if (valuesOf(fields, name).length > 0) fail("field", name);
    if (status >= 200) return { status, fields, interims, body: "", trailers: [] };
    if (status === 101) fail("status", "101");
    for (const name of ["content-length", "transfer-encoding", "connection"])
      if (valuesOf(fields, name).length > 0) fail("field of an interim response", name);
    interims.push({ status, fields });
  }
}

function readField(line: string): readonly [string, string] {
  const match = FIELD.exec(line) ?? fail("field line", line);
  return [match[1]!, match[2]!];
}

/** Whether all of it is there. */
function readBody(
  cursor: Cursor,
  response: ClientResponse,
  method: string,
  ended: "open" | "end" | "reset",
): boolean {
  const { status, fields } = response;
  const lengths = valuesOf(fields, "content-length");
  const codings = valuesOf(fields, "transfer-encoding");
  const connection = valuesOf(fields, "connection");
  if (lengths.length + codings.length > 1) fail("framing", JSON.stringify([lengths, codings]));
  if (connection.length > 1 || !["close", "keep-alive", undefined].includes(connection[0]))
    fail("Connection", JSON.stringify(connection));
  if (status === 204 && lengths.length + codings.length > 0) fail("framing of a 204", String(lengths[0]));
  if (lengths.length > 0 && !LENGTH.test(lengths[0]!)) fail("Content-Length", lengths[0]!);
  if (codings.length > 0 && codings[0] !== "chunked") fail("Transfer-Encoding", codings[0]!);
  if (method === "HEAD" || status === 204 || status === 304) return true;
  if (codings.length > 0) return readChunks(cursor, response);
  if (lengths.length > 0) {
    const length = Number(lengths[0]);
    response.body = cursor.take(length);
    return response.body.length === length;
  }
  if (connection[0] !== "close") fail("framing", "none, and the connection goes on");
  response.body = cursor.take(cursor.rest.length);
  return ended === "end";
}

function readChunks(cursor: Cursor, response: ClientResponse): boolean {
  for (;;) {
    const size = cursor.takeTo("\r\n");
    if (size === undefined) return false;
    if (!CHUNK_SIZE.test(size)) fail("chunk size", size);
    const length = Number.parseInt(size, 16);
    if (length === 0) break;
    response.body += cursor.rest.slice(0, length);
    const data = cursor.take(length + 2);
    if (data.length < length + 2) return false;
    if (!data.endsWith("\r\n")) fail("end of a chunk", data.slice(-2));
  }
  const trailers: (readonly [string, string])[] = [];
  for (;;) {
    const line = cursor.takeTo("\r\n");
    if (line === undefined) return false;
    if (line === "") break;
    trailers.push(readField(line));
  }
  response.trailers = trailers;
  return true;
}

export function valuesOf(fields: Fields, name: string): string[] {
  return fields.filter((field) => field[0] === name).map((field) => field[1]);
}

function fail(what: string, found: string): never {
  throw new Error(`a client is sent a bad ${what}: ${JSON.stringify(found)}`);
}
