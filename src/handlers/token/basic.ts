import { decodeFormText } from "./form.ts";

export interface ClientCredentials {
  readonly id: string;
  readonly secret: string;
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * Reads HTTP Basic authentication of an OAuth client: id and secret are form-encoded before they are joined, so that
 * either may hold a colon (RFC 6749, 2.3.1). Undefined for anything else.
 */
export function parseBasic(authorization: string): ClientCredentials | undefined {
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
  if (colon === -1) return undefined;
  const id = decodeFormText(pair.slice(0, colon));
  const secret = decodeFormText(pair.slice(colon + 1));
  return id === undefined || secret === undefined ? undefined : { id, secret };
}
