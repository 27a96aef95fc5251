/** A request as it stands on the wire, when there is no other way to read it. */
export interface StrictRequest {
  readonly method: string;
  readonly target: string;
  readonly minorVersion: number;
  /** Names in lower case. */
  readonly fields: readonly (readonly [name: string, value: string])[];
  readonly body: string;
  readonly trailers: StrictRequest["fields"];
  readonly keepAlive: boolean;
}

export interface StrictReading {
  /** Those that are complete, in order. */
  readonly requests: StrictRequest[];
  /** Bytes that are no complete request (yet). */
  readonly rest: string;
  /** Why reading stopped, when it did not stop for want of bytes. */
  readonly fault: string | undefined;
}

class Ambiguous extends Error {}

const REQUEST_LINE = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+) ([\x21-\x7e\x80-\xff]+) HTTP\/1\.([01])$/;
const FIELD_LINE = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[ \t]*([\t\x20-\x7e\x80-\xff]*)$/;
/** Fields that state one thing, and are no list: of two, each reader picks its own. */
const SINGLE = ["authorization", "content-type"];
const CHUNK_SIZE = /^[0-9a-fA-F]{1,8}$/;

/**
 * Reads the requests of one connection (latin1) by the grammar of RFC 9112 and with none of its leniences. It shares no code
 * with the gateway's codec and works in another way, so that it can judge both what the gateway was sent and what it sent on.
 */
export function readStrictly(text: string): StrictReading {
  const requests: StrictRequest[] = [];
  let position = 0;
  try {
    for (;;) {
      // RFC 9112, 2.2: an empty line before a request is to be ignored.
      const start = text.startsWith("\r\n", position) ? position + 2 : position;
      const read = readRequest(text, start);
      if (read === undefined) return { requests, rest: text.slice(position), fault: undefined };
      requests.push(read.request);
      position = read.end;
      if (!read.request.keepAlive) return { requests, rest: text.slice(position), fault: undefined };
    }
  } catch (error) {
    if (!(error instanceof Ambiguous)) throw error;
    return { requests, rest: text.slice(position), fault: error.message };
  }
}

function readRequest(text: string, start: number): { request: StrictRequest; end: number } | undefined {
  const headEnd = text.indexOf("\r\n\r\n", start);
  if (headEnd === -1) return undefined;
  const [requestLine = "", ...lines] = text.slice(start, headEnd).split("\r\n");
  const line = REQUEST_LINE.exec(requestLine);
  if (line === null) throw new Ambiguous(`request line ${JSON.stringify(requestLine)}`);
  const [, method = "", target = "", version = ""] = line;
  const minorVersion = Number(version);
  const fields = lines.map(readField);
  const hosts = valuesOf(fields, "host");
  if (hosts.length > 1 || hosts[0] === "" || (minorVersion === 1 && hosts.length === 0))
    throw new Ambiguous("Host");
  for (const name of SINGLE)
    if (valuesOf(fields, name).length > 1) throw new Ambiguous(`several fields ${name}`);
  const body = readBody(text, headEnd + 4, fields, minorVersion);
  if (body === undefined) return undefined;
  const connection = valuesOf(fields, "connection")
    .join(",")
    .toLowerCase()
    .split(/[ \t]*,[ \t]*/);
  const keepAlive =
    !connection.includes("close") && (minorVersion === 1 || connection.includes("keep-alive"));
  const { text: read, trailers } = body;
  return {
    request: { method, target, minorVersion, fields, body: read, trailers, keepAlive },
    end: body.end,
  };
}

function readField(line: string): readonly [string, string] {
  const field = FIELD_LINE.exec(line);
  if (field === null) throw new Ambiguous(`field line ${JSON.stringify(line)}`);
  return [field[1]!.toLowerCase(), field[2]!.replace(/[ \t]+$/, "")];
}

interface ReadBody {
  readonly text: string;
  readonly trailers: StrictRequest["fields"];
  readonly end: number;
}

function readBody(
  text: string,
  start: number,
  fields: StrictRequest["fields"],
  minorVersion: number,
): ReadBody | undefined {
  const lengths = valuesOf(fields, "content-length");
  const codings = valuesOf(fields, "transfer-encoding");
  if (lengths.length + codings.length > 1) throw new Ambiguous("several statements of the body's length");
  const [length] = lengths;
  if (length !== undefined) {
    if (!/^[0-9]{1,15}$/.test(length)) throw new Ambiguous(`Content-Length ${JSON.stringify(length)}`);
    const end = start + Number(length);
    return end > text.length ? undefined : { text: text.slice(start, end), trailers: [], end };
  }
  const [coding] = codings;
  if (coding === undefined) return { text: "", trailers: [], end: start };
  if (coding.toLowerCase() !== "chunked" || minorVersion === 0)
    throw new Ambiguous(`Transfer-Encoding ${JSON.stringify(coding)}`);
  return readChunks(text, start);
}

function readChunks(text: string, start: number): ReadBody | undefined {
  let body = "";
  let position = start;
  for (;;) {
    const lineEnd = text.indexOf("\r\n", position);
    if (lineEnd === -1) return undefined;
    const size = text.slice(position, lineEnd);
    if (!CHUNK_SIZE.test(size)) throw new Ambiguous(`chunk size ${JSON.stringify(size.slice(0, 20))}`);
    position = lineEnd + 2;
    if (Number.parseInt(size, 16) === 0) break;
    const dataEnd = position + Number.parseInt(size, 16);
    if (text.length < dataEnd + 2) return undefined;
    if (!text.startsWith("\r\n", dataEnd)) throw new Ambiguous("a chunk that its size does not fit");
    body += text.slice(position, dataEnd);
    position = dataEnd + 2;
  }
  const trailers: (readonly [string, string])[] = [];
  for (;;) {
    const lineEnd = text.indexOf("\r\n", position);
    if (lineEnd === -1) return undefined;
    if (lineEnd === position) return { text: body, trailers, end: lineEnd + 2 };
    trailers.push(readField(text.slice(position, lineEnd)));
    position = lineEnd + 2;
  }
}

function valuesOf(fields: StrictRequest["fields"], name: string): string[] {
  return fields.filter(([key]) => key === name).map(([, value]) => value);
}
