import type { Clock, Random } from "../../host/host.ts";
import type { BreakerConfig } from "./schema.ts";

/**
 * The right to one attempt: a number that is never given twice in half-open, and one per closed period otherwise, so
 * that the hot path allocates nothing. A late result is known by its old number.
 */
export type Permit = number;

/** What `acquire` returns instead of a permit: do not touch the service. */
export const REFUSED: Permit = -1;

/**
 * How an attempt ended. `ignored`: it says nothing about the service (the client went away, the gateway itself stopped
 * it), and a probe's place goes to the next request.
 */
export type Outcome = "success" | "failure" | "ignored";

export type Circuit = "closed" | "open" | "half-open";

type State =
  | { readonly kind: "closed"; readonly permit: Permit; failures: number }
  | { readonly kind: "open"; readonly untilMs: number }
  | { readonly kind: "half-open"; readonly probes: Probe[]; successes: number };

interface Probe {
  readonly permit: Permit;
  readonly givenUpAtMs: number;
}

/** An open circuit that opens again waits up to this much longer, so that several gateways do not probe in step. */
const REOPEN_JITTER = 0.1;

/**
 * A circuit breaker that counts failures in a row (M. Nygard, "Release It!", 2007).
 *
 * closed: every attempt passes; `consecutiveFailures` failures with no success between them open the circuit.
 * open: every attempt is refused for `openForMs`.
 * half-open: `halfOpenProbes` attempts pass and no more, however many ask. All succeed: closed. One fails: open again.
 *
 * A result only counts in the period that its permit is from. Each acquired permit is settled once.
 */
export class Breaker {
  readonly #config: BreakerConfig;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #onChange: ((to: Circuit, from: Circuit) => void) | undefined;
  #lastPermit: Permit = 0;
  #state: State = { kind: "closed", permit: 0, failures: 0 };

  /** `onChange` is called after each change of state, within the call that made it. */
  constructor(
    config: BreakerConfig,
    clock: Clock,
    random: Random,
    onChange?: (to: Circuit, from: Circuit) => void,
  ) {
    this.#config = config;
    this.#clock = clock;
    this.#random = random;
    this.#onChange = onChange;
  }

  /** The circuit as the next attempt would find it: half-open as soon as an open circuit's time is over. */
  get circuit(): Circuit {
    const state = this.#state;
    return state.kind === "open" && this.#clock.now() >= state.untilMs ? "half-open" : state.kind;
  }

  /** Milliseconds until an attempt may pass; 0 when closed, and when a probe is under way that may end at any moment. */
  get retryAfterMs(): number {
    return this.#state.kind === "open" ? Math.max(0, this.#state.untilMs - this.#clock.now()) : 0;
  }

  /** A permit for one attempt, to be settled once, or `REFUSED`. */
  acquire(): Permit {
    const state = this.#state;
    if (state.kind === "closed") return state.permit;
    const nowMs = this.#clock.now();
    if (state.kind === "half-open") return this.#admitProbe(state, nowMs);
    if (nowMs < state.untilMs) return REFUSED;
    const halfOpen = { kind: "half-open", probes: [], successes: 0 } satisfies State;
    const permit = this.#admitProbe(halfOpen, nowMs);
    this.#change(halfOpen);
    return permit;
  }

  /** Tells how the attempt of `permit` ended. Permits of an earlier period and `REFUSED` change nothing. */
  settle(permit: Permit, outcome: Outcome): void {
    const state = this.#state;
    if (state.kind === "closed") {
      if (permit !== state.permit || outcome === "ignored") return;
      if (outcome === "success") state.failures = 0;
      else if (++state.failures >= this.#config.consecutiveFailures) this.#open(this.#config.openForMs);
    } else if (state.kind === "half-open") {
      const place = state.probes.findIndex((probe) => probe.permit === permit);
      if (place === -1) return;
      state.probes.splice(place, 1);
      if (outcome === "failure") {
        this.#open(this.#config.openForMs * (1 + REOPEN_JITTER * this.#random.fraction()));
      } else if (outcome === "success" && ++state.successes >= this.#config.halfOpenProbes) {
        this.#change({ kind: "closed", permit: ++this.#lastPermit, failures: 0 });
      }
    }
  }

  /** What a whole answer with this status says about the service. */
  outcomeOf(status: number): "success" | "failure" {
    return this.#config.failureStatus.includes(status) ? "failure" : "success";
  }

  /** Successes keep their places, so that a half-open period costs the service `halfOpenProbes` attempts in all. */
  #admitProbe(state: State & { kind: "half-open" }, nowMs: number): Permit {
    const { probes } = state;
    // A probe that nobody settles must not hold its place for ever: the circuit could never close again.
    // They are in the order of their start, so the first to be given up is the first.
    while (probes.length > 0 && probes[0]!.givenUpAtMs <= nowMs) probes.shift();
    if (probes.length + state.successes >= this.#config.halfOpenProbes) return REFUSED;
    const permit = ++this.#lastPermit;
    probes.push({ permit, givenUpAtMs: nowMs + this.#config.probeTimeoutMs });
    return permit;
  }

  #open(forMs: number): void {
    this.#change({ kind: "open", untilMs: this.#clock.now() + forMs });
  }

  #change(to: State): void {
    const from = this.#state.kind;
    this.#state = to;
    this.#onChange?.(to.kind, from);
  }
}
