const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export interface BasicPair {
  readonly name: string;
  readonly password: string;
}

/** Whether the value of an Authorization field is one of HTTP Basic, good or bad; schemes have no case (RFC 9110, 11.1). */
export function isBasic(authorization: string): boolean {
  return authorization.charCodeAt(5) === 0x20 && authorization.slice(0, 5).toLowerCase() === "basic";
}

/**
 * Reads what HTTP Basic authentication sends (RFC 7617): canonical base64 of UTF-8, in which the first colon ends the name, so
 * that a password may hold others. Undefined for anything else: what decoders read in different ways must not pass in one.
 */
export function parseBasicPair(authorization: string): BasicPair | undefined {
  const encoded = /^basic ([A-Za-z0-9+/]+={0,2})$/i.exec(authorization)?.[1];
  if (encoded === undefined) return undefined;
  const bytes = Buffer.from(encoded, "base64");
  if (bytes.toString("base64") !== encoded) return undefined;
  let pair: string;
  try {
    pair = utf8.decode(bytes);
  } catch {
    return undefined;
  }
  const colon = pair.indexOf(":");
  return colon === -1 ? undefined : { name: pair.slice(0, colon), password: pair.slice(colon + 1) };
}
