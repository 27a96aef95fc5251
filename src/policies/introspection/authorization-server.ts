import type { Around } from "../../contract/around.ts";
import type { Events } from "../../core/events.ts";
import type { Host, OutboundRequest } from "../../host/host.ts";
import { OutboundError } from "../../host/outbound.ts";
import { BoundedQueue } from "../../lib/bounded-queue.ts";
import { formatPath } from "../../lib/config-path.ts";
import { decodeStrictJson, isJsonObject } from "../../lib/strict-json.ts";
import type { IntrospectionConfig } from "./schema.ts";

/** Room for the claims of a caller; each that is remembered has its own. */
const MOST_BYTES = 16 * 1024;
/** For each request that may be under way, so many may wait: more would wait longer than their clients do. */
const WAITING_SHARE = 4;

/** The server's answer is none that can be used. The message is for the log, and repeats nothing of the answer but its status. */
class AnswerError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "AnswerError";
  }
}

/** What the server says of an active token; `"inactive"`; or `"unavailable"`: it says nothing that can be used. */
export type Answer = Readonly<Record<string, unknown>> | "inactive" | "unavailable";

/** Asks an authorization server about tokens (RFC 7662), a bounded number at a time. */
export class AuthorizationServer {
  readonly #host: Host;
  readonly #events: Events;
  readonly #place: string;
  readonly #url: string;
  readonly #origin: string;
  readonly #timeoutMs: number;
  readonly #headers: Readonly<Record<string, string>>;
  /** What is sent in the body beside the token. */
  readonly #credentials: Readonly<Record<string, string>>;
  readonly #queue: BoundedQueue;
  #silentAtMs = -Infinity;

  constructor(config: IntrospectionConfig, { host, events, place }: Around) {
    const { clientId, clientSecret, atOnce } = config;
    this.#host = host;
    this.#events = events;
    this.#place = formatPath(place);
    this.#url = config.url;
    this.#origin = new URL(config.url).origin;
    this.#timeoutMs = config.timeout;
    this.#queue = new BoundedQueue(atOnce, atOnce * WAITING_SHARE);
    const isPost = config.clientAuthentication === "post";
    this.#credentials = isPost ? { client_id: clientId, client_secret: clientSecret } : {};
    this.#headers = {
      accept: "application/json",
      "content-type": "application/x-www-form-urlencoded",
      ...(isPost ? {} : { authorization: basicCredentials(clientId, clientSecret) }),
    };
  }

  /** True when one more question would be one too many. */
  get busy(): boolean {
    return this.#queue.full;
  }

  /** Ask `busy` first. */
  ask(token: string): Promise<Answer> {
    const sinceMs = this.#host.clock.now();
    return this.#queue.run(async () => {
      // It was silent to others for as long as it may be: who has waited for that does not wait for as long again.
      if (this.#silentAtMs > sinceMs) return "unavailable";
      try {
        return await this.#send(token);
      } catch (error) {
        // Before the next one's turn comes.
        return this.#fail(error);
      }
    });
  }

  async #send(token: string): Promise<Answer> {
    const request: OutboundRequest = {
      method: "POST",
      url: this.#url,
      headers: this.#headers,
      body: String(new URLSearchParams({ token, token_type_hint: "access_token", ...this.#credentials })),
      timeoutMs: this.#timeoutMs,
      maxBytes: MOST_BYTES,
    };
    const { status, body } = await this.#host.outbound.send(request);
    if (status !== 200) {
      const isRefused = status === 401 || status === 403;
      throw new AnswerError(
        isRefused ? `the client's credentials are refused (${status})` : `the answer is ${status}`,
      );
    }
    const claims = decodeStrictJson(body);
    if (!isJsonObject(claims)) throw new AnswerError("the answer is no JSON object, or has a member twice");
    if (claims["active"] === true) return claims;
    if (claims["active"] === false) return "inactive";
    throw new AnswerError("the answer does not say whether the token is active");
  }

  #fail(error: unknown): "unavailable" {
    if (!(error instanceof OutboundError || error instanceof AnswerError)) throw error;
    if (error instanceof OutboundError && error.reason === "timeout")
      this.#silentAtMs = this.#host.clock.now();
    this.#events.tell({
      kind: "introspection.unavailable",
      place: this.#place,
      server: this.#origin,
      err: error,
    });
    return "unavailable";
  }
}

/** Both are escaped as in forms before they are put together (RFC 6749, 2.3.1), so that a colon ends no name. */
function basicCredentials(id: string, secret: string): string {
  return `Basic ${btoa(`${formEncoded(id)}:${formEncoded(secret)}`)}`;
}

function formEncoded(text: string): string {
  return String(new URLSearchParams([["", text]])).slice(1);
}
