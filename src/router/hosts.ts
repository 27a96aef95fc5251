/**
 * Host patterns (lower case, without port), and a `T` for each. `*.example.com` takes any one label before
 * `example.com`, as certificates do (RFC 6125, 6.4.3): neither `example.com` nor `a.b.example.com`.
 */
export class HostTable<T> {
  readonly #exact = new Map<string, T>();
  /** By what follows the `*`. */
  readonly #wildcard = new Map<string, T>();

  get size(): number {
    return this.#exact.size + this.#wildcard.size;
  }

  /** The `T` of a pattern, made when it is new. */
  entry(pattern: string, make: () => T): T {
    const wildcard = pattern.startsWith("*.");
    const table = wildcard ? this.#wildcard : this.#exact;
    const key = wildcard ? pattern.slice(1) : pattern;
    let found = table.get(key);
    if (found === undefined) table.set(key, (found = make()));
    return found;
  }

  /** What an authority (lower case, with or without port) belongs to, the exact before the wildcard. */
  lookUp(authority: string): T[] {
    const found: T[] = [];
    const host = hostOf(authority);
    const exact = this.#exact.get(host);
    if (exact !== undefined) found.push(exact);
    const dot = host.indexOf(".");
    const wildcard = dot > 0 ? this.#wildcard.get(host.slice(dot)) : undefined;
    if (wildcard !== undefined) found.push(wildcard);
    return found;
  }
}

/**
 * Without the port, and without the dot that ends an absolute name: `api.example.com.` reaches the same machine, and must
 * not reach it past the routes of `api.example.com`.
 */
function hostOf(authority: string): string {
  const colon = authority.lastIndexOf(":");
  const host = colon > authority.lastIndexOf("]") ? authority.slice(0, colon) : authority;
  return host.endsWith(".") ? host.slice(0, -1) : host;
}
