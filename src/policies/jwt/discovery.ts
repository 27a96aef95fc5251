import { nextAddress } from "../../host/outbound.ts";
import type { Outbound, OutboundRequest, OutboundResponse } from "../../host/host.ts";
import { decodeStrictJson, isJsonObject } from "../../lib/strict-json.ts";

const TIMEOUT_MS = 5000;
const MOST_BYTES = 256 * 1024;
const MOST_REDIRECTS = 2;

/** An issuer's answer is not what it must be. The message is for the log, and holds no more of the answer than names it. */
export class IssuerError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "IssuerError";
  }
}

/** Fetches a document of an issuer's, whatever its status. */
export function fetchDocument(outbound: Outbound, url: string): Promise<OutboundResponse> {
  const request: OutboundRequest = {
    method: "GET",
    url,
    headers: { accept: "application/json, application/jwk-set+json" },
    timeoutMs: TIMEOUT_MS,
    maxBytes: MOST_BYTES,
    maxRedirects: MOST_REDIRECTS,
  };
  return outbound.send(request);
}

/** Asks an issuer where its keys are: OpenID Connect Discovery 1.0, and where it has none of that, RFC 8414. */
export async function discoverKeys(outbound: Outbound, issuer: string): Promise<string> {
  let response: OutboundResponse | undefined;
  for (const url of metadataUrls(issuer)) {
    response = await fetchDocument(outbound, url);
    if (response.status === 200) return readMetadata(response.body, issuer);
  }
  throw new IssuerError(`the issuer has no metadata: it answers ${response?.status}`);
}

function metadataUrls(issuer: string): readonly string[] {
  const { origin, pathname } = new URL(issuer);
  const path = pathname.replace(/\/$/, "");
  return [
    // OpenID Connect puts it behind the issuer's path, RFC 8414 (section 3.1) before that.
    `${origin}${path}/.well-known/openid-configuration`,
    `${origin}/.well-known/oauth-authorization-server${path}`,
  ];
}

function readMetadata(bytes: Uint8Array, issuer: string): string {
  const metadata = decodeStrictJson(bytes);
  if (!isJsonObject(metadata)) throw new IssuerError("the issuer's metadata is no JSON object");
  // Else whoever answers at that place could speak for another issuer (RFC 8414, 3.3).
  if (metadata["issuer"] !== issuer) {
    const named = JSON.stringify(metadata["issuer"] ?? null).slice(0, 200);
    throw new IssuerError(`the metadata is of another issuer, ${named}`);
  }
  const url = metadata["jwks_uri"];
  if (typeof url !== "string" || !URL.canParse(url))
    throw new IssuerError("the issuer's metadata names no jwks_uri");
  return nextAddress(url, new URL(issuer)).href;
}
