/**
 * Header names as they are read from the wire: lower case, and internalized, so that comparing one with a literal is
 * comparing two pointers. The lookup also says whether the name means something to the codec itself.
 */
export interface HeaderName {
  readonly lower: string;
  /** One of the `ROLE_` numbers. */
  readonly role: number;
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

const ROLES: ReadonlyMap<string, number> = new Map([
  ["connection", ROLE_CONNECTION],
  ["host", ROLE_HOST],
  ["content-length", ROLE_CONTENT_LENGTH],
  ["transfer-encoding", ROLE_TRANSFER_ENCODING],
  ["upgrade", ROLE_UPGRADE],
  ["expect", ROLE_EXPECT],
  ["authorization", ROLE_AUTHORIZATION],
  ["http2-settings", ROLE_DROPPED],
  ["keep-alive", ROLE_DROPPED],
  ["proxy-connection", ROLE_DROPPED],
  ["te", ROLE_DROPPED],
  ["trailer", ROLE_DROPPED],
]);

/** Spellings kept: enough for every real client, and a bound on what made-up names can occupy. */
const MAX_SPELLINGS = 1024;
const MAX_SPELLING_LENGTH = 48;

const spellings = new Map<string, HeaderName>();

/** The name that `raw`, a token in any case, spells. */
export function headerName(raw: string): HeaderName {
  return spellings.get(raw) ?? addSpelling(raw);
}

function addSpelling(raw: string): HeaderName {
  const lower = internalize(raw.toLowerCase());
  const name: HeaderName = { lower, role: ROLES.get(lower) ?? ROLE_NONE };
  if (raw.length <= MAX_SPELLING_LENGTH) {
    // Whoever sends random names only evicts: what real clients send is back after one request each.
    if (spellings.size >= MAX_SPELLINGS) spellings.clear();
    // The key is made anew, because a substring would keep the whole head that it was cut from.
    spellings.set(internalize(raw), name);
  }
  return name;
}

/** The engine's own copy of a string: property keys are internalized. */
function internalize(text: string): string {
  return Object.keys({ [text]: 0 })[0]!;
}
