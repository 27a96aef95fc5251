/** Chooses the target of each attempt at one service. Targets are known by their index in the service's config. */
export interface Balancer {
  /** The target of the next attempt. Always one: when all have failed, the one that failed least recently. */
  next(): number;
  /** An attempt could not connect to this target. */
  failed(target: number): void;
  /** This target accepted a connection. */
  succeeded(target: number): void;
}
