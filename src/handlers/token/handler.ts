import type { Handler } from "../../core/handler.ts";
import { ConfigMistake } from "../../lib/config-mistake.ts";
import type { HandlerKind } from "../../contract/handler-kind.ts";
import { ClientCredentialsHandler } from "./client-credentials.ts";
import { TokenIssuer } from "./issuer.ts";
import { REFUSALS } from "./refusals.ts";
import { tokenConfig } from "./schema.ts";
import { UncheckedHandler } from "./unchecked.ts";

export const tokenHandler: HandlerKind<"token", typeof tokenConfig> = {
  name: "token",
  summary: "Issues signed JSON Web Tokens to clients that authenticate (RFC 6749, client credentials).",
  config: tokenConfig,
  refusals: REFUSALS,
  create(config, around): Handler {
    const issuer = new TokenIssuer(config, around);
    if (config.credentials !== "none")
      return new ClientCredentialsHandler(config.credentials.clients, issuer);
    if (!around.gateway.loopback) {
      throw new ConfigMistake(
        'credentials "none" gives anyone a token for any user, and clients on other machines can ask for one',
        ["credentials"],
        "list clients with the hashes of their secrets, or listen on 127.0.0.1 without trustedProxies",
      );
    }
    return new UncheckedHandler(issuer);
  },
};
