/** What programs import from `portcullis`. */
import { parseConfig } from "./config/parse.ts";
import type { ConfigInput } from "./config/schema.ts";
import type { Host } from "./host/host.ts";
import { createGateway as createFromConfig } from "./gateway/create-gateway.ts";
import type { Gateway } from "./gateway/public.ts";

/** What a gateway is given beside its config. */
export interface GatewaySettings {
  /**
   * The machine that it runs on: time, chance, connections, log. By default this one; tests give `simulatedHost()` of
   * `portcullis/testing`. The config's `log` is not looked at then: what is logged beside requests goes to the host's log, and
   * requests are not logged.
   */
  readonly host?: Host;
}

/**
 * Makes a gateway from a config as it is written; `start()` makes it listen, `inject()` asks it without a socket. Throws a
 * `ConfigError` with everything that is wrong.
 *
 * @example
 * const gateway = createGateway({ routes: [{ path: "/hello", handler: { respond: { body: "hello" } } }] });
 * const response = await gateway.inject(new Request("http://gateway.test/hello"));
 * console.log(response.status, await response.text());
 * await gateway.close();
 */
export function createGateway(config: ConfigInput, { host }: GatewaySettings = {}): Gateway {
  return createFromConfig(parseConfig(config), host);
}

export { z } from "zod";
export { claimName } from "./callers/claim-name.ts";
export { defineConfig, env } from "./config/define.ts";
export { ConfigError, type ConfigIssue } from "./config/issue.ts";
export type { ClaimsOf, ClaimType, ClaimTypes } from "./callers/claim-type.ts";
export type { ConfigInput } from "./config/schema.ts";
export { definePolicy } from "./contract/define-policy.ts";
export type {
  OwnAround as Around,
  OwnExchange as Exchange,
  OwnFacts as Facts,
  OwnPolicy as Policy,
  OwnPolicyKind as PolicyKind,
  PolicyDefinition,
} from "./contract/own-policy.ts";
export type { Caller } from "./core/caller.ts";
export { refuse, type Reply } from "./core/reply.ts";
export type { Tenant } from "./core/tenant.ts";
export type { FetchExchange, FetchFunction } from "./handlers/fetch/schema.ts";
export type { Host } from "./host/host.ts";
export type { RefusalKind } from "./http/refusal.ts";
export { ConfigMistake } from "./lib/config-mistake.ts";
export type { AllowRequest } from "./policies/allow/request.ts";
export type { AllowFunction } from "./policies/allow/schema.ts";
export { hashSecret as hashClientSecret, hashSecret as hashPassword } from "./lib/secret-hash.ts";
export type { Gateway, GatewayAddress } from "./gateway/public.ts";
