import type { Events } from "../../core/events.ts";
import type { Exchange } from "../../core/exchange.ts";
import type { Handler } from "../../core/handler.ts";
import { ConfigMistake } from "../../lib/config-mistake.ts";
import type { Reply } from "../../core/reply.ts";
import { findRevocations, type Revocations } from "../../callers/revocations.ts";
import { ClientAuthentication, type Form } from "../client-authentication.ts";
import type { HandlerKind } from "../../contract/handler-kind.ts";
import { NO_STORE, oauthError } from "../oauth-reply.ts";
import { issuedTokens, type ReadIssued } from "./issued-tokens.ts";
import {
  BAD_CLIENT,
  BAD_REQUEST,
  BAD_TOKEN,
  BUSY,
  FULL,
  NOT_ALLOWED,
  REFUSALS,
  WRONG_METHOD,
} from "./refusals.ts";
import { revokeConfig, type RevokeClient, type RevokeConfig } from "./schema.ts";

/** By which of these a request says what it revokes. */
const WAYS = ["token", "jti", "sub"] as const;
/** Longer ids than any issuer writes. */
const MAX_NAME_LENGTH = 1000;

/** Also of a token that is none (RFC 7009, 2.2): the client can do nothing about it, and it does not pass. */
const DONE: Reply = { status: 200, headers: NO_STORE };

/** The token revocation endpoint of OAuth 2.0 (RFC 7009). */
class RevokeHandler implements Handler {
  readonly #zone: Revocations;
  readonly #zoneName: string;
  readonly #events: Events;
  readonly #readIssued: ReadIssued | undefined;
  readonly #clients: ClientAuthentication<RevokeClient>;

  constructor(config: RevokeConfig, zone: Revocations, events: Events, readIssued: ReadIssued | undefined) {
    this.#zone = zone;
    this.#zoneName = config.revocations;
    this.#events = events;
    this.#readIssued = readIssued;
    const refusals = { badRequest: BAD_REQUEST, badClient: BAD_CLIENT, busy: BUSY };
    this.#clients = new ClientAuthentication(config.clients, ["clients"], "revoke", refusals);
  }

  bears(x: Exchange): boolean {
    return x.request.method === "POST";
  }

  handle(x: Exchange): Reply | Promise<Reply> {
    if (x.request.method !== "POST") return WRONG_METHOD;
    return this.#clients.answer(x, (client, form) => this.#revoke(client, form));
  }

  async #revoke(client: RevokeClient, form: Form): Promise<Reply> {
    const [way, ...others] = WAYS.filter((name) => form.has(name));
    if (way === undefined) return badRequest("The parameter token is missing.");
    if (others.length > 0) return badRequest(`The request has both ${way} and ${others[0]}; send one.`);
    const given = form.get(way)!;
    if (way === "token") return this.#revokeToken(client, given);
    if (client.revokes !== "any") return oauthError(NOT_ALLOWED, "unauthorized_client");
    if (given.length > MAX_NAME_LENGTH)
      return badRequest(`The parameter ${way} has more than ${MAX_NAME_LENGTH} characters.`);
    return way === "jti"
      ? this.#finish(this.#zone.revokeToken(given, Infinity), client, { jti: given })
      : this.#finish(this.#zone.revokeSubject(given), client, { sub: given });
  }

  async #revokeToken(client: RevokeClient, token: string): Promise<Reply> {
    if (this.#readIssued === undefined)
      return badRequest("Tokens are not revoked by showing them here; send jti or sub.");
    const claims = await this.#readIssued(token);
    if (claims === undefined) {
      this.#events.tell({ kind: "revocation.of_nothing", client: client.id });
      return DONE;
    }
    const { jti, sub, client_id: issuedTo = sub, exp } = claims;
    if (client.revokes !== "any" && issuedTo !== client.id)
      return oauthError(NOT_ALLOWED, "unauthorized_client");
    const expiresMs = typeof exp === "number" ? exp * 1000 : Infinity;
    if (typeof jti !== "string") return oauthError(BAD_TOKEN, "unsupported_token_type");
    return this.#finish(this.#zone.revokeToken(jti, expiresMs), client, { jti });
  }

  /** Told line by line: after a restart, the log is what knows of them. */
  #finish(revoked: boolean, client: RevokeClient, what: { jti: string } | { sub: string }): Reply {
    const by = { zone: this.#zoneName, client: client.id };
    if (revoked) {
      if ("sub" in what) this.#events.tell({ kind: "subject.revoked", ...by, ...what });
      else this.#events.tell({ kind: "token.revoked", ...by, ...what });
      return DONE;
    }
    this.#events.tell({ kind: "revocation.refused", ...by, ...what });
    return oauthError(FULL, "temporarily_unavailable", { headers: ["retry-after", "60"] });
  }
}

function badRequest(detail: string): Reply {
  return oauthError(BAD_REQUEST, "invalid_request", { detail });
}

export const revokeHandler: HandlerKind<"revoke", typeof revokeConfig> = {
  name: "revoke",
  summary: "Revokes tokens before they expire, for clients that authenticate (RFC 7009).",
  config: revokeConfig,
  refusals: REFUSALS,
  create(config, { events, signingKeys, revocations }): Handler {
    const zone = findRevocations(revocations, config.revocations, "written");
    const readIssued = issuedTokens(config, signingKeys);
    const own = config.clients.findIndex((client) => client.revokes === "own");
    if (readIssued === undefined && own !== -1) {
      throw new ConfigMistake(
        "this client revokes the tokens that were issued to it, and there is no key to know them by",
        ["clients", own],
        "give the signingKeys or the secret of the handler token, or let it revoke any",
      );
    }
    return new RevokeHandler(config, zone, events, readIssued);
  },
};
