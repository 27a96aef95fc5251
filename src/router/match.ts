import type { HeaderList } from "../http/headers.ts";

/** What of a request decides its route; a `RequestHead` is one. */
export interface RoutedRequest {
  readonly method: string;
  /** Lower case, with or without port; empty for none. */
  readonly authority: string;
  /** In canonical form (`http/target.ts`). */
  readonly path: string;
  /** With its `?`, or empty. */
  readonly query: string;
  readonly headers: HeaderList;
}

/** Values of `{param}` and, as `*`, of a trailing `*`, percent-decoded; without prototype, so `constructor` is no key. */
export type Params = Readonly<Record<string, string>>;

/** Where a request goes. */
export type Match<T> =
  | { readonly kind: "found"; readonly value: T; readonly params: Params }
  | {
      readonly kind: "methodNotAllowed";
      /** Of the most specific path that would have taken another method. */
      readonly value: T;
      readonly params: Params;
      /** The methods that would have been taken, sorted, with HEAD where there is GET, and OPTIONS (RFC 9110, 10.2.1). */
      readonly allow: readonly string[];
    }
  | {
      readonly kind: "notFound";
      /** Of the deepest fallback around the path, if there is one. */
      readonly value: T | undefined;
    };
