import type { z } from "zod";
import type { Exchange } from "../../core/exchange.ts";
import type { Policy } from "../../core/policy.ts";
import type { PolicyKind } from "../../contract/policy-kind.ts";
import { UNKNOWN_LENGTH, type ResponseHead } from "../../http/head.ts";
import type { HeaderList } from "../../http/headers.ts";
import { mergeVary } from "../../http/vary.ts";
import { isCompressible, mediaType } from "./compressible.ts";
import { createEncoder } from "./encoders.ts";
import { EncodingNegotiation } from "./negotiate.ts";
import { compressConfig } from "./schema.ts";

/** Compresses bodies for clients that accept it (RFC 9110, 8.4 and 12.5.3). */
export const compressPolicy: PolicyKind<"compress", typeof compressConfig> = {
  name: "compress",
  summary: "Compresses answers with zstd, brotli or gzip for clients that accept it.",
  config: compressConfig,
  refusals: [],
  create: (config) => new Compress(config),
};

class Compress implements Policy {
  readonly #minBytes: number;
  readonly #negotiation: EncodingNegotiation;

  constructor(config: z.output<typeof compressConfig>) {
    this.#minBytes = config.minSize;
    this.#negotiation = new EncodingNegotiation(config.encodings);
  }

  response(x: Exchange): void {
    const { response } = x;
    if (response === undefined) return;
    if (response.status === 304) weakenRevalidated(x, response);
    if (response.bodyLength === 0 || !mayHaveEncodedBody(response.status)) return;

    // The cheapest question first: most answers of an API are short.
    const short = response.bodyLength !== UNKNOWN_LENGTH && response.bodyLength < this.#minBytes;
    const field = x.request.headers.joined("accept-encoding");
    if (short && field === undefined) return;
    const accepted = field === undefined ? undefined : this.#negotiation.choose(field);
    // Who takes no body as it is gets short ones and unlikely ones encoded, too.
    const demanded = accepted?.identityRefused === true && accepted.coding !== undefined;
    if (short && !demanded) return;

    const { headers } = response;
    const type = mediaType(headers.get("content-type") ?? "");
    // An event stream must reach its reader event by event; whatever sits between may wait for more of a compressed one.
    if (type === "text/event-stream" || !(isCompressible(type) || demanded)) return;
    if (mustStayAsItIs(x.request.headers, headers)) return;

    // Also for those who get it as it is: a cache must not give them, or others, the other form.
    mergeVary(headers, "accept-encoding");
    if (accepted?.coding === undefined) return;

    headers.append("content-encoding", accepted.coding);
    // Ranges would count the bytes of the body as it was.
    headers.delete("accept-ranges");
    weakenETag(headers);
    x.encoder = createEncoder(accepted.coding, response.bodyLength);
    response.bodyLength = UNKNOWN_LENGTH;
  }
}

/** Not 204, 205 and 304, which have no body, and not 206, which is a part of one that others have to fit to. */
function mayHaveEncodedBody(status: number): boolean {
  return status >= 200 && status !== 204 && status !== 205 && status !== 206 && status !== 304;
}

/** Encoded already, or one side forbids it, or a checksum says how the bytes are (RFC 9530 and its predecessors). */
function mustStayAsItIs(request: HeaderList, response: HeaderList): boolean {
  return (
    response.has("content-encoding") ||
    response.has("content-range") ||
    response.has("content-digest") ||
    response.has("repr-digest") ||
    response.has("digest") ||
    response.has("content-md5") ||
    forbidsTransform(response) ||
    forbidsTransform(request)
  );
}

function forbidsTransform(headers: HeaderList): boolean {
  const field = headers.joined("cache-control");
  return field !== undefined && /(?:^|[\s,])no-transform(?:[\s,]|$)/i.test(field);
}

/** A strong validator promises equal bytes, and an encoder does not (RFC 9110, 8.8.1). */
function weakenETag(headers: HeaderList): void {
  const tag = headers.get("etag");
  if (tag !== undefined && tag.startsWith('"')) headers.set("etag", `W/${tag}`);
}

/** A client that holds the weak form must find it again in the 304, or it would drop what it has (RFC 9111, 4.3.4). */
function weakenRevalidated(x: Exchange, response: ResponseHead): void {
  const tag = response.headers.get("etag");
  if (tag === undefined || !tag.startsWith('"')) return;
  if (x.request.headers.joined("if-none-match")?.includes(`W/${tag}`) === true) weakenETag(response.headers);
}
