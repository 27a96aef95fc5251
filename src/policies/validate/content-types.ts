import type { HeaderList } from "../../http/headers.ts";
import { readMediaType, type MediaType } from "./media-type.ts";

/** Which media types a body may have. */
export class ContentTypes {
  readonly #exact: ReadonlySet<string>;
  /** What stands before the slash, with it, of those that take any subtype. */
  readonly #types: ReadonlySet<string>;

  constructor(ranges: readonly string[]) {
    this.#exact = new Set(ranges.filter((range) => !range.endsWith("/*")));
    this.#types = new Set(ranges.filter((range) => range.endsWith("/*")).map((range) => range.slice(0, -1)));
  }

  /** The type of a request's body, where it is one of these. */
  find(headers: HeaderList): MediaType | undefined {
    const { fields } = headers;
    let text: string | undefined;
    for (let i = 0; i < fields.length; i += 2) {
      if (fields[i] !== "content-type") continue;
      // A service may go by the other one.
      if (text !== undefined) return undefined;
      text = fields[i + 1];
    }
    const type = text === undefined ? undefined : readMediaType(text);
    if (type === undefined) return undefined;
    if (this.#exact.has(type.essence)) return type;
    return this.#types.has(type.essence.slice(0, type.essence.indexOf("/") + 1)) ? type : undefined;
  }
}
