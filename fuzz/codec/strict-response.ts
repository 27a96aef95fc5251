/** The answer to one request as it stands on the wire, when there is no other way to read it. */
export interface StrictResponse {
  readonly status: number;
  /** Names in lower case. */
  readonly fields: readonly (readonly [name: string, value: string])[];
  readonly body: string;
}

const STATUS_LINE = /^HTTP\/1\.([01]) ([1-5]\d\d)(?: [\t\x20-\x7e\x80-\xff]*)?$/;
const FIELD_LINE = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[ \t]*([\t\x20-\x7e\x80-\xff]*)$/;
const CHUNK_SIZE = /^[0-9a-fA-F]{1,8}$/;

/**
 * Reads the answer to a request of `method` by the letter of RFC 9112; `fin`: the connection has ended behind the bytes. Undefined
 * when there is none that is whole and has one reading. It shares no code with the gateway's codec.
 */
export function readResponseStrictly(text: string, method: string, fin: boolean): StrictResponse | undefined {
  let start = 0;
  for (;;) {
    const headEnd = text.indexOf("\r\n\r\n", start);
    if (headEnd === -1) return undefined;
    const [statusLine = "", ...lines] = text.slice(start, headEnd).split("\r\n");
    const line = STATUS_LINE.exec(statusLine);
    const fields = readFields(lines);
    if (line === null || fields === undefined) return undefined;
    const status = Number(line[2]);
    start = headEnd + 4;
    if (status >= 200) {
      const body = readBody(text, start, { status, method, fields, minorVersion: Number(line[1]), fin });
      return body === undefined ? undefined : { status, fields, body };
    }
    if (status === 101 || line[1] === "0") return undefined;
  }
}

function readFields(lines: readonly string[]): (readonly [string, string])[] | undefined {
  const fields = lines.map((line) => FIELD_LINE.exec(line));
  if (fields.includes(null)) return undefined;
  return fields.map((field) => [field![1]!.toLowerCase(), field![2]!.replace(/[ \t]+$/, "")] as const);
}

interface Framed {
  readonly status: number;
  readonly method: string;
  readonly fields: StrictResponse["fields"];
  readonly minorVersion: number;
  readonly fin: boolean;
}

function readBody(text: string, start: number, framed: Framed): string | undefined {
  const { status, method, fields, minorVersion, fin } = framed;
  const lengths = fields.filter(([name]) => name === "content-length");
  const codings = fields.filter(([name]) => name === "transfer-encoding");
  if (lengths.length + codings.length > 1) return undefined;
  const [length] = lengths;
  const [coding] = codings;
  if (length !== undefined && !/^\d{1,16}$/.test(length[1])) return undefined;
  if (coding !== undefined && (coding[1].toLowerCase() !== "chunked" || minorVersion === 0)) return undefined;
  if (method === "HEAD" || status === 204 || status === 304) return "";
  if (coding !== undefined) return readChunks(text, start);
  if (length === undefined) return fin ? text.slice(start) : undefined;
  const end = start + Number(length[1]);
  return end > text.length ? undefined : text.slice(start, end);
}

function readChunks(text: string, start: number): string | undefined {
  let body = "";
  let position = start;
  for (;;) {
    const lineEnd = text.indexOf("\r\n", position);
    const size = lineEnd === -1 ? "" : text.slice(position, lineEnd);
    if (!CHUNK_SIZE.test(size)) return undefined;
    position = lineEnd + 2;
    const length = Number.parseInt(size, 16);
    if (length === 0) break;
    if (!text.startsWith("\r\n", position + length)) return undefined;
    body += text.slice(position, position + length);
    position += length + 2;
  }
  if (text.startsWith("\r\n", position)) return body;
  const end = text.indexOf("\r\n\r\n", position);
  if (end === -1 || readFields(text.slice(position, end).split("\r\n")) === undefined) return undefined;
  return body;
}
