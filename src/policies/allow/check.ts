import type { Exchange } from "../../core/exchange.ts";
import { refuse, type Reply } from "../../core/reply.ts";
import { Deadlines } from "../../host/deadlines.ts";
import type { Clock } from "../../host/host.ts";
import { LATE, settleWithin } from "../../host/settle-within.ts";
import { FORBIDDEN, refuseUnknown, TIMEOUT } from "./refusals.ts";
import { ExchangeView } from "./request.ts";
import type { AllowConfig, AllowFunction } from "./schema.ts";

/** Asks a function of the config. Only its `true` lets a request pass; what it throws is a fault of the gateway (500). */
export class Check {
  readonly #function: AllowFunction;
  readonly #timeoutMs: number;
  readonly #clock: Clock;
  readonly #deadlines: Deadlines;

  constructor(config: NonNullable<AllowConfig["check"]>, clock: Clock) {
    this.#function = config.function;
    this.#timeoutMs = config.timeout;
    this.#clock = clock;
    this.#deadlines = new Deadlines(clock);
  }

  ask(x: Exchange): Reply | void | Promise<Reply | void> {
    if (x.caller === undefined) return refuseUnknown(x) ?? refuse(FORBIDDEN);
    const decision: unknown = this.#function(x.caller, new ExchangeView(x));
    // Not only promises of this realm: libraries have their own.
    return isThenable(decision) ? this.#wait(decision) : read(decision);
  }

  async #wait(pending: PromiseLike<unknown>): Promise<Reply | void> {
    const decision = await settleWithin(
      this.#timeoutMs,
      Promise.resolve(pending),
      this.#clock,
      this.#deadlines,
    );
    return decision === LATE ? refuse(TIMEOUT) : read(decision);
  }
}

/** Neither 1 nor an object that says no: who forgot to return something did not mean yes. */
function read(decision: unknown): Reply | void {
  if (decision === true) return undefined;
  if (decision === false) return refuse(FORBIDDEN);
  throw new TypeError(`a function of allow returns true or false, not ${kindOf(decision)}`);
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && "then" in value && typeof value.then === "function";
}

function kindOf(value: unknown): string {
  return value === null || value === undefined ? String(value) : `a value of type ${typeof value}`;
}
