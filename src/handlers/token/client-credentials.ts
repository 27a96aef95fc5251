import type { Exchange } from "../../core/exchange.ts";
import type { Handler } from "../../core/handler.ts";
import type { Reply } from "../../core/reply.ts";
import { ClientAuthentication, type Form } from "../client-authentication.ts";
import { NO_STORE, oauthError } from "../oauth-reply.ts";
import type { TokenIssuer } from "./issuer.ts";
import { BAD_CLIENT, BAD_GRANT_TYPE, BAD_REQUEST, BAD_SCOPE, BUSY, WRONG_METHOD } from "./refusals.ts";
import type { ClientConfig } from "./schema.ts";

/** The token endpoint of OAuth 2.0 for the client credentials grant (RFC 6749, 4.4). */
export class ClientCredentialsHandler implements Handler {
  readonly #clients: ClientAuthentication<ClientConfig>;
  readonly #issuer: TokenIssuer;

  constructor(configs: readonly ClientConfig[], issuer: TokenIssuer) {
    const refusals = { badRequest: BAD_REQUEST, badClient: BAD_CLIENT, busy: BUSY };
    this.#clients = new ClientAuthentication(configs, ["credentials", "clients"], "token", refusals);
    this.#issuer = issuer;
  }

  bears(x: Exchange): boolean {
    return x.request.method === "POST";
  }

  handle(x: Exchange): Reply | Promise<Reply> {
    if (x.request.method !== "POST") return WRONG_METHOD;
    return this.#clients.answer(x, (client, form) => this.#grant(client, form));
  }

  async #grant(client: ClientConfig, form: Form): Promise<Reply> {
    const grantType = form.get("grant_type");
    if (grantType === undefined) {
      return oauthError(BAD_REQUEST, "invalid_request", { detail: "The parameter grant_type is missing." });
    }
    if (grantType !== "client_credentials") return oauthError(BAD_GRANT_TYPE, "unsupported_grant_type");
    const asked = form.get("scope")?.split(" ");
    const scopes = asked === undefined ? client.scopes : [...new Set(asked)];
    if (!scopes.every((scope) => client.scopes.includes(scope)))
      return oauthError(BAD_SCOPE, "invalid_scope");
    const scope = scopes.length === 0 ? {} : { scope: scopes.join(" ") };
    const role = client.role === undefined ? {} : { role: client.role };
    const token = await this.#issuer.issue(client.id, { sub: client.id, ...role, ...scope });
    return {
      status: 200,
      headers: ["content-type", "application/json", ...NO_STORE],
      body: JSON.stringify({
        access_token: token,
        token_type: "Bearer",
        expires_in: this.#issuer.expiresIn,
        ...scope,
      }),
    };
  }
}
