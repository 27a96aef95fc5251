import { BodyError } from "../../core/read-body.ts";
import type { Exchange } from "../../core/exchange.ts";
import { readAndReplayBody } from "../../core/replay-body.ts";
import { refuse, type Reply } from "../../core/reply.ts";
import { isAnswered } from "../../core/respond.ts";
import { BODY_TOO_LARGE as OVER_ROUTE_LIMIT } from "../../http/refusals.ts";
import { compileBodySchema, type BodySchema } from "./body-schema.ts";
import { readJsonBody } from "./json-body.ts";
import type { MediaType } from "./media-type.ts";
import {
  BODY,
  BODY_MALFORMED,
  BODY_MISSING,
  BODY_TOO_LARGE,
  CONTENT_ENCODING,
  CONTENT_TYPE,
} from "./refusals.ts";
import type { BodyRuleConfig } from "./schema.ts";

/** What the JSON in a body has to be. */
export class BodyRule {
  readonly #schema: BodySchema;
  readonly #required: boolean;
  readonly #maxBytes: number;

  constructor(config: BodyRuleConfig) {
    this.#schema = compileBodySchema(config);
    this.#required = config.required;
    this.#maxBytes = config.maxSize;
  }

  /** For a request without a body. */
  checkMissing(): Reply | undefined {
    return this.#required ? refuse(BODY_MISSING) : undefined;
  }

  /** What the head already shows of a body of the given type; undefined when it may be read. */
  checkHead(x: Exchange, type: MediaType): Reply | undefined {
    const { headers, bodyLength } = x.request;
    const encoding = headers.joined("content-encoding");
    if (encoding !== undefined && encoding.toLowerCase() !== "identity") return refuse(CONTENT_ENCODING);
    // RFC 8259, 8.1: it is UTF-8. A service that went by another charset would read another text than the one checked here.
    if (type.charset !== "" && type.charset !== "utf-8" && type.charset !== "utf8")
      return refuse(CONTENT_TYPE, { detail: "JSON is UTF-8: send it as that, and without another charset." });
    if (bodyLength > x.route.limits.bodyBytes) return refuse(OVER_ROUTE_LIMIT);
    return bodyLength > this.#maxBytes ? refuse(BODY_TOO_LARGE) : undefined;
  }

  /** Reads and checks the body; the handler gets the same bytes afterwards. */
  async check(x: Exchange): Promise<Reply | void> {
    let bytes: Uint8Array;
    try {
      bytes = await readAndReplayBody(x, this.#maxBytes);
    } catch (error) {
      if (!(error instanceof BodyError)) throw error;
      // Whoever broke it off has answered, or there is nobody left to answer.
      return error.reason === "too-large" ? refuse(BODY_TOO_LARGE) : undefined;
    }
    if (isAnswered(x)) return undefined;
    if (bytes.length === 0) return this.checkMissing();
    const value = readJsonBody(bytes);
    if (value === undefined) return refuse(BODY_MALFORMED);
    const problems = this.#schema.check(value, bytes.length);
    return problems === undefined ? undefined : refuse(BODY, { members: { errors: problems } });
  }
}
