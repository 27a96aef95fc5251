import type { Pool } from "./transport/pool.ts";

/** `failedAtMs` of a target that has refused no connection since it last accepted one. */
export const NEVER = Number.NEGATIVE_INFINITY;

/**
 * What a balancer and health may know of one address of a service: facts that the service keeps. A further one, such as a
 * weight from the config, is a member here and one of `ServiceTarget`.
 */
export interface Target {
  /** Its place in the config's list. */
  readonly index: number;
  /** Host and port, as logs and the Host field name it. */
  readonly authority: string;
  /** Attempts that were given to it and are not over, those that wait for a connection included. */
  readonly inFlight: number;
  /** When it last refused a connection, in monotonic milliseconds; `NEVER` as soon as it has accepted one since. */
  readonly failedAtMs: number;
}

/** What changes of a target while it works, apart from what the config says of it. */
export class TargetState {
  readonly pool: Pool;
  inFlight = 0;
  failedAtMs = NEVER;

  constructor(pool: Pool) {
    this.pool = pool;
  }
}

/** One address of a service as its config has it, and the state that it borrows. */
export class ServiceTarget implements Target {
  readonly index: number;
  readonly authority: string;
  readonly state: TargetState;

  constructor(index: number, authority: string, state: TargetState) {
    this.index = index;
    this.authority = authority;
    this.state = state;
  }

  get inFlight(): number {
    return this.state.inFlight;
  }

  get failedAtMs(): number {
    return this.state.failedAtMs;
  }
}
