import type { HeaderList } from "../http/headers.ts";
import type { Leaf } from "./leaf.ts";
import type { RoutedRequest } from "./match.ts";

/**
 * One request on its way through the tries. A router has a single one and uses it for every request, which works because
 * routing never waits.
 */
export class Search<T> {
  method = "";
  path = "";
  /** Where the path's segments begin, as far as the trie was followed; one past the path's end where it is over. */
  readonly starts: number[];
  /** Leaves of the path that did not take the request, most specific first. */
  readonly refused: Leaf<T>[] = [];
  #request: RoutedRequest | undefined;
  #query: URLSearchParams | undefined;

  /** `depth` is the number of segments of the longest pattern. */
  constructor(depth: number) {
    this.starts = Array.from({ length: depth + 1 }, () => 0);
  }

  begin(request: RoutedRequest): void {
    this.method = request.method;
    this.path = request.path;
    this.#request = request;
    this.#query = undefined;
    if (this.refused.length > 0) this.refused.length = 0;
  }

  get headers(): HeaderList {
    return this.#request!.headers;
  }

  /** Decoded once, and only when a condition asks. */
  get query(): URLSearchParams {
    return (this.#query ??= new URLSearchParams(this.#request!.query));
  }
}
