/**
 * Header names as they are read from the wire: lower case, and internalized, so that comparing one with a literal is
 * comparing two pointers. The lookup also says whether the name means something to the codec itself.
 */
export interface HeaderName {
  readonly lower: string;
  /** One of the `ROLE_` numbers. */
  readonly role: number;
  /** The bytes as they were on the wire. */
  readonly spelling: Uint8Array;
}

/** Passed on as it is. */
export const ROLE_NONE = 0;
/** Belongs to one connection: dropped. */
export const ROLE_DROPPED = 1;
export const ROLE_CONNECTION = 2;
export const ROLE_HOST = 3;
export const ROLE_CONTENT_LENGTH = 4;
export const ROLE_TRANSFER_ENCODING = 5;
export const ROLE_UPGRADE = 6;
export const ROLE_EXPECT = 7;
export const ROLE_AUTHORIZATION = 8;
export const ROLE_CONTENT_TYPE = 9;

const ROLES: ReadonlyMap<string, number> = new Map([
  ["connection", ROLE_CONNECTION],
  ["host", ROLE_HOST],
  ["content-length", ROLE_CONTENT_LENGTH],
  ["transfer-encoding", ROLE_TRANSFER_ENCODING],
  ["upgrade", ROLE_UPGRADE],
  ["expect", ROLE_EXPECT],
  ["authorization", ROLE_AUTHORIZATION],
  ["content-type", ROLE_CONTENT_TYPE],
  ["http2-settings", ROLE_DROPPED],
  ["keep-alive", ROLE_DROPPED],
  ["proxy-connection", ROLE_DROPPED],
  ["te", ROLE_DROPPED],
  ["trailer", ROLE_DROPPED],
]);

/**
 * Whether a field of that name (lower case) goes on from one leg to the other: it belongs neither to one connection (RFC 9110,
 * 7.6.1) nor to the framing or addressing of one message, which the gateway writes itself.
 */
export function isEndToEnd(name: string): boolean {
  const role = ROLES.get(name) ?? ROLE_NONE;
  return role === ROLE_NONE || role === ROLE_AUTHORIZATION || role === ROLE_CONTENT_TYPE;
}

/** Where a spelling that has been read before is found again; a power of two. A full table is about 100 KB. */
const SLOTS = 1024;
const MAX_SPELLING_BYTES = 48;

const slots: (HeaderName | undefined)[] = Array.from({ length: SLOTS }, () => undefined);

/** What a name's hash begins with, and how it takes in a byte: the reader computes it while it checks the bytes. */
export const HASH_START = 0;
export function hashByte(hash: number, byte: number): number {
  return (Math.imul(hash, 31) + byte) | 0;
}

/**
 * The name that the bytes from `start` to `end`, a token in any case, spell; `hash` is that of these bytes. Names are
 * looked up by their bytes because making a string of each, only to look it up by its hash, was measured at three times the
 * cost.
 */
export function headerName(bytes: Uint8Array, start: number, end: number, hash: number): HeaderName {
  const slot = (hash ^ (hash >>> 10)) & (SLOTS - 1);
  const found = slots[slot];
  if (found !== undefined && isSpelled(found, bytes, start, end)) return found;
  const neighbour = slots[slot ^ 1];
  if (neighbour !== undefined && isSpelled(neighbour, bytes, start, end)) return neighbour;
  return addSpelling(bytes, start, end, found === undefined || neighbour !== undefined ? slot : slot ^ 1);
}

function isSpelled(name: HeaderName, bytes: Uint8Array, start: number, end: number): boolean {
  const { spelling } = name;
  if (spelling.length !== end - start) return false;
  for (let i = 0; i < spelling.length; i++) {
    if (spelling[i] !== bytes[start + i]) return false;
  }
  return true;
}

/** Whoever sends made-up names only evicts: what real clients send is back after one request. */
function addSpelling(bytes: Uint8Array, start: number, end: number, slot: number): HeaderName {
  // A copy: the slice of a Buffer is a view, and its memory is that of the next read.
  const spelling = new Uint8Array(bytes.subarray(start, end));
  const lower = internalize(String.fromCharCode(...spelling).toLowerCase());
  const name: HeaderName = { lower, role: ROLES.get(lower) ?? ROLE_NONE, spelling };
  if (spelling.length <= MAX_SPELLING_BYTES) slots[slot] = name;
  return name;
}

/** The engine's own copy of a string: property keys are internalized. */
function internalize(text: string): string {
  return Object.keys({ [text]: 0 })[0]!;
}
