import type { RequestHead } from "../../http/head.ts";
import { isBearer } from "../../lib/bearer.ts";
import type { JwtConfig } from "./schema.ts";

/** A request bears more than one token, or more than one header that could hold one. */
export const SEVERAL = Symbol("several");

/** Where requests may bear their token, and what services must not see of it. */
export class TokenPlaces {
  readonly #header: boolean;
  readonly #cookie: string | undefined;
  readonly #query: string | undefined;
  readonly #forwardToken: boolean;

  constructor({ from, forwardToken }: Pick<JwtConfig, "from" | "forwardToken">) {
    this.#header = from.header;
    this.#cookie = from.cookie;
    this.#query = from.query;
    this.#forwardToken = forwardToken;
  }

  /** How a request bears a token, for whoever did not know; undefined where it is the usual way. */
  get advice(): string | undefined {
    if (this.#cookie === undefined && this.#query === undefined) return undefined;
    const places: string[] = [];
    if (this.#header) places.push("as Authorization: Bearer <token>");
    if (this.#cookie !== undefined) places.push(`in the cookie ${this.#cookie}`);
    if (this.#query !== undefined) places.push(`in the query parameter ${this.#query}`);
    return `The route needs a token: send it ${places.join(", or ")}.`;
  }

  /**
   * The token, empty when there is none. A token of the query is taken out of it at once: addresses are kept in logs and
   * histories, and are sent on as Referer.
   */
  take(request: RequestHead): string | typeof SEVERAL {
    let token = "";
    if (this.#query !== undefined && request.query.length > 1) {
      const inQuery = takeFromQuery(request, this.#query);
      if (inQuery === SEVERAL) return SEVERAL;
      token = inQuery;
    }
    const { fields } = request.headers;
    let authorization: string | undefined;
    for (let i = 0; i < fields.length; i += 2) {
      const name = fields[i];
      if (name === "authorization" && this.#header) {
        // Gateway and service might each believe another one.
        if (authorization !== undefined) return SEVERAL;
        authorization = fields[i + 1]!;
      } else if (name === "cookie" && this.#cookie !== undefined) {
        const inCookie = findCookie(fields[i + 1]!, this.#cookie);
        if (inCookie === SEVERAL || (inCookie !== "" && token !== "")) return SEVERAL;
        token ||= inCookie;
      }
    }
    if (authorization === undefined || !isBearer(authorization)) return token;
    return token === "" ? authorization.slice(7) : SEVERAL;
  }

  /** Whether a token stands in any of them; nothing is taken out. */
  hold({ headers, query }: RequestHead): boolean {
    const { fields } = headers;
    for (let i = 0; i < fields.length; i += 2) {
      if (fields[i] === "authorization" && this.#header && isBearer(fields[i + 1]!)) return true;
      if (
        fields[i] === "cookie" &&
        this.#cookie !== undefined &&
        findCookie(fields[i + 1]!, this.#cookie) !== ""
      )
        return true;
    }
    return this.#query !== undefined && takeFromQuery({ query }, this.#query) !== "";
  }

  /** Takes out what lets a service act as the caller elsewhere, once the token has been found good. */
  strip(request: RequestHead): void {
    if (this.#forwardToken) return;
    if (this.#header) request.headers.delete("authorization");
    if (this.#cookie !== undefined) stripCookie(request, this.#cookie);
  }
}

/** Blanks around a name are not part of it to some services, so that they are not to the gateway. */
function nameOfPair(pair: string): string {
  const equals = pair.indexOf("=");
  return (equals === -1 ? pair : pair.slice(0, equals)).trim();
}

function findCookie(field: string, name: string): string | typeof SEVERAL {
  if (!field.includes(name)) return "";
  let found: string | undefined;
  for (const pair of field.split(";")) {
    if (nameOfPair(pair) !== name) continue;
    if (found !== undefined) return SEVERAL;
    found = pair.slice(pair.indexOf("=") + 1).trim();
  }
  return found ?? "";
}

function stripCookie({ headers }: RequestHead, name: string): void {
  const { fields } = headers;
  for (let i = fields.length - 2; i >= 0; i -= 2) {
    if (fields[i] !== "cookie" || !fields[i + 1]!.includes(name)) continue;
    const rest = fields[i + 1]!.split(";").filter((pair) => nameOfPair(pair) !== name);
    if (rest.length === 0) fields.splice(i, 2);
    else fields[i + 1] = rest.join(";").trim();
  }
}

/** Finds the parameter `name`, however it is escaped, and takes it out; what else there is stays byte for byte. */
function takeFromQuery(request: { query: string }, name: string): string | typeof SEVERAL {
  const pairs = request.query.slice(1).split("&");
  const rest = pairs.filter((pair) => decode(nameOfPair(pair)) !== name);
  if (rest.length === pairs.length) return "";
  request.query = rest.length === 0 ? "" : `?${rest.join("&")}`;
  if (pairs.length - rest.length > 1) return SEVERAL;
  const pair = pairs.find((pair) => decode(nameOfPair(pair)) === name)!;
  const equals = pair.indexOf("=");
  return equals === -1 ? "" : decode(pair.slice(equals + 1));
}

/** As forms are read; what cannot be unescaped is left as it is, and is no token either. */
function decode(text: string): string {
  if (!text.includes("%") && !text.includes("+")) return text;
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    return text;
  }
}
