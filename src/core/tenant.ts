import type { Exchange } from "./exchange.ts";

/** A customer, whose users call: as the config has it. */
export interface Tenant {
  readonly name: string;
  /** The plan that it is on, by the name that limits know it by. */
  readonly plan: string | undefined;
  readonly suspended: boolean;
  readonly features: ReadonlySet<string>;
  /** Header fields for services: flat name, value. */
  readonly headers: readonly string[];
}

/**
 * The plan by which a request is limited: its tenant's, or else its caller's. The tenant is who pays; what a single key or
 * token says of a plan holds where the tenant has none.
 */
export function planOf(x: Exchange): string | undefined {
  return x.tenant?.plan ?? x.caller?.plan;
}
