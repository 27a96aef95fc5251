import type { Clock } from "../../host/host.ts";
import type { Balancer } from "./balancer.ts";

/** How long a target that refused a connection is passed over: about the time that a process takes to start again. */
const PASS_OVER_MS = 5000;

/** `failedAtMs` of a target that has not failed since it last succeeded. */
const NEVER = Number.NEGATIVE_INFINITY;

/** Each target in turn, without those that have just failed. */
export class RoundRobin implements Balancer {
  readonly #clock: Clock;
  readonly #failedAtMs: number[];
  /** How many entries of `#failedAtMs` are set; while it is 0, the clock need not be read. */
  #failing = 0;
  #turn = 0;

  /** `targets` is their number, at least 1. */
  constructor(targets: number, clock: Clock) {
    this.#clock = clock;
    this.#failedAtMs = Array.from({ length: targets }, () => NEVER);
  }

  next(): number {
    const target = this.#failing === 0 ? this.#turn : this.#nextNotFailing();
    this.#turn = this.#after(target);
    return target;
  }

  failed(target: number): void {
    if (this.#failedAtMs[target] === NEVER) this.#failing++;
    this.#failedAtMs[target] = this.#clock.now();
  }

  succeeded(target: number): void {
    if (this.#failedAtMs[target] === NEVER) return;
    this.#failedAtMs[target] = NEVER;
    this.#failing--;
  }

  #nextNotFailing(): number {
    const failedBeforeMs = this.#clock.now() - PASS_OVER_MS;
    let leastRecent = this.#turn;
    let target = this.#turn;
    do {
      if (this.#failedAtMs[target]! <= failedBeforeMs) return target;
      if (this.#failedAtMs[target]! < this.#failedAtMs[leastRecent]!) leastRecent = target;
      target = this.#after(target);
    } while (target !== this.#turn);
    return leastRecent;
  }

  #after(target: number): number {
    return target + 1 === this.#failedAtMs.length ? 0 : target + 1;
  }
}
