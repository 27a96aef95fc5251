import type { HeaderList } from "../http/headers.ts";

/**
 * What header fields (names in lower case) or query parameters (decoded, case-sensitive) must be: an exact value, or true
 * for any. A name that occurs several times has to have the value once.
 */
export type FieldMatches = Readonly<Record<string, string | true>>;

/** What has to hold besides method, host and path. */
export interface Conditions {
  readonly headers: readonly (readonly [name: string, value: string | true])[];
  readonly query: readonly (readonly [name: string, value: string | true])[];
  readonly count: number;
  /** The same for the same conditions in any order; no two others share it. */
  readonly key: string;
}

export function compileConditions(headers: FieldMatches = {}, query: FieldMatches = {}): Conditions {
  const ofHeaders = sorted(headers);
  const ofQuery = sorted(query);
  return {
    headers: ofHeaders,
    query: ofQuery,
    count: ofHeaders.length + ofQuery.length,
    key: JSON.stringify([ofHeaders, ofQuery]),
  };
}

export function headersMatch(conditions: Conditions, headers: HeaderList): boolean {
  for (const [name, value] of conditions.headers) {
    if (value === true ? !headers.has(name) : !headers.getAll(name).includes(value)) return false;
  }
  return true;
}

export function queryMatches(conditions: Conditions, query: URLSearchParams): boolean {
  for (const [name, value] of conditions.query) {
    if (value === true ? !query.has(name) : !query.has(name, value)) return false;
  }
  return true;
}

function sorted(matches: FieldMatches): [string, string | true][] {
  return Object.entries(matches).toSorted(([a], [b]) => (a < b ? -1 : 1));
}
