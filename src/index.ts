/** What programs import from `portcullis`. */
import { parseConfig } from "./config/parse.ts";
import type { ConfigInput } from "./config/schema.ts";
import { createGateway as createFromConfig } from "./workers/create-gateway.ts";
import type { Gateway } from "./workers/gateway.ts";

/**
 * Makes a gateway from a config as it is written; `start()` makes it listen, `inject()` asks it without a socket. Throws a
 * `ConfigError` with everything that is wrong.
 */
export function createGateway(config: ConfigInput): Gateway {
  return createFromConfig(parseConfig(config));
}

export { defineConfig, env } from "./config/define.ts";
export { ConfigError, type ConfigIssue } from "./config/issue.ts";
export type { ClaimsOf, ClaimType, ClaimTypes } from "./callers/claim-type.ts";
export type { ConfigInput } from "./config/schema.ts";
export type { Caller } from "./core/caller.ts";
export type { FetchExchange, FetchFunction } from "./handlers/fetch/schema.ts";
export type { AllowRequest } from "./policies/allow/request.ts";
export type { AllowFunction } from "./policies/allow/schema.ts";
export { hashSecret as hashClientSecret, hashSecret as hashPassword } from "./lib/secret-hash.ts";
export type { Gateway, GatewayAddress } from "./workers/gateway.ts";
