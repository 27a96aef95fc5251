import { canonicalAddress } from "../../lib/ip-address.ts";

/** `parse` has taken all bytes and wants more. */
export const INCOMPLETE = -1;
/** What came is no header of the PROXY protocol: nothing on the connection has a meaning. */
export const MALFORMED = -2;

const V1_START = Buffer.from("PROXY ");
/** With its CR LF: the longest line that the protocol allows. */
const V1_BYTES = 107;

const V2_SIGNATURE = Buffer.from("\r\n\r\n\0\r\nQUIT\n", "latin1");
const V2_FIXED_BYTES = 16;
/** What may follow: addresses, and extensions (TLVs) of which the longest is a client's certificate. */
const V2_MOST_BYTES = 16 * 1024;

const LOCAL = 0x20;
const PROXY = 0x21;
const UNSPECIFIED = 0x00;

/** The least that follows, by the byte for family and protocol. Datagrams as well: a client can come by QUIC. */
const V2_LEAST_BYTES: ReadonlyMap<number, number> = new Map([
  [UNSPECIFIED, 0],
  [0x11, 12],
  [0x12, 12],
  [0x21, 36],
  [0x22, 36],
  [0x31, 216],
  [0x32, 216],
]);

const V1_LINE =
  /^PROXY (?:UNKNOWN(?: .*)?|TCP([46]) ([0-9A-Fa-f:.]+) ([0-9A-Fa-f:.]+) (0|[1-9][0-9]{0,4}) (0|[1-9][0-9]{0,4}))$/;

/**
 * Reads the header with which a connection begins (HAProxy's PROXY protocol, versions 1 and 2), one strict reading of it. Pure:
 * bytes in, however they are split; an address out. Nothing that is not the beginning of a header is waited on.
 */
export class ProxyHeaderParser {
  /** Once a header is read: the client's address; empty when the header names none, and then it is the peer's. */
  address = "";
  /** How many bytes of the header have come. */
  length = 0;
  readonly #head = Buffer.alloc(V1_BYTES);
  /** Of version 2: its whole length, once that is known. */
  #end = Infinity;

  /** Takes bytes up to the end of the header, and returns the position behind it; or `INCOMPLETE` or `MALFORMED`. */
  parse(bytes: Uint8Array, start: number, end: number): number {
    for (let position = start; position < end; position++) {
      // Longer than what is kept are only addresses of another kind, and extensions.
      if (this.length < V1_BYTES) this.#head[this.length] = bytes[position]!;
      this.length++;
      const isVersion1 = this.#head[0] === V1_START[0];
      const isEnd = isVersion1 ? this.#isEndOfLine() : this.#isEndOfBlock();
      if (isEnd === undefined) return MALFORMED;
      if (!isEnd) continue;
      const address = isVersion1 ? this.#addressOfLine() : this.#addressOfBlock();
      if (address === undefined) return MALFORMED;
      this.address = address;
      return position + 1;
    }
    return INCOMPLETE;
  }

  /** Whether the byte that came last ends the line; undefined when it can stand in none. */
  #isEndOfLine(): boolean | undefined {
    const at = this.length - 1;
    const byte = this.#head[at]!;
    if (at < V1_START.length) return byte === V1_START[at] ? false : undefined;
    if (this.#head[at - 1] === 0x0d) return byte === 0x0a ? true : undefined;
    if (this.length === V1_BYTES) return undefined;
    return byte === 0x0d || (byte >= 0x20 && byte < 0x7f) ? false : undefined;
  }

  #addressOfLine(): string | undefined {
    const match = V1_LINE.exec(this.#head.toString("latin1", 0, this.length - 2));
    if (match === null) return undefined;
    const [, family, source, destination, ...ports] = match;
    if (family === undefined) return "";
    if (ports.some((port) => Number(port) > 65_535)) return undefined;
    const isIpv6 = family === "6";
    if ([source!, destination!].some((address) => address.includes(":") !== isIpv6)) return undefined;
    if (canonicalAddress(destination!) === "") return undefined;
    const address = canonicalAddress(source!);
    return address === "" ? undefined : address;
  }

  /** Whether the byte that came last ends the header; undefined when it can stand in none. */
  #isEndOfBlock(): boolean | undefined {
    const { length } = this;
    const at = length - 1;
    const head = this.#head;
    if (at < V2_SIGNATURE.length) return head[at] === V2_SIGNATURE[at] ? false : undefined;
    if (at === 12) return head[at] === LOCAL || head[at] === PROXY ? false : undefined;
    // Of a connection that the proxy makes for itself, the family means nothing.
    if (at === 13) return head[12] === LOCAL || V2_LEAST_BYTES.has(head[at]!) ? false : undefined;
    if (length === V2_FIXED_BYTES) {
      const following = head.readUInt16BE(14);
      const least = head[12] === LOCAL ? 0 : V2_LEAST_BYTES.get(head[13]!)!;
      if (following < least || following > V2_MOST_BYTES) return undefined;
      this.#end = V2_FIXED_BYTES + following;
    }
    return length >= this.#end;
  }

  #addressOfBlock(): string {
    const head = this.#head;
    if (head[12] === LOCAL) return "";
    switch (head[13]! >> 4) {
      case 1:
        return head.subarray(V2_FIXED_BYTES, V2_FIXED_BYTES + 4).join(".");
      case 2:
        return canonicalAddress(
          Array.from({ length: 8 }, (_, i) => head.readUInt16BE(V2_FIXED_BYTES + i * 2).toString(16)).join(
            ":",
          ),
        );
      default:
        return "";
    }
  }
}
