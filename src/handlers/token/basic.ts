import { parseBasicPair } from "../../lib/basic-credentials.ts";
import { decodeFormText } from "./form.ts";

export interface ClientCredentials {
  readonly id: string;
  readonly secret: string;
}

/**
 * Reads HTTP Basic authentication of an OAuth client: id and secret are form-encoded before they are joined, so that
 * either may hold a colon (RFC 6749, 2.3.1). Undefined for anything else.
 */
export function parseBasic(authorization: string): ClientCredentials | undefined {
  const pair = parseBasicPair(authorization);
  if (pair === undefined) return undefined;
  const id = decodeFormText(pair.name);
  const secret = decodeFormText(pair.password);
  return id === undefined || secret === undefined ? undefined : { id, secret };
}
