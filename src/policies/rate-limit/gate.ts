import type { Events } from "../../core/events.ts";
import type { Exchange } from "../../core/exchange.ts";
import type { Policy, StagedPolicy } from "../../core/policy.ts";
import { refuse, type Reply } from "../../core/reply.ts";
import type { Host } from "../../host/host.ts";
import { limitFields } from "./fields.ts";
import type { Limit } from "./limit.ts";
import { EXCEEDED, NO_KEY, TABLE_FULL } from "./refusals.ts";

const NEVER_SECONDS = 86_400;

/**
 * Limits in their order: those that need no caller are asked before anybody is authenticated, the others behind that. What one
 * refuses takes from none, wherever they stand.
 */
export class LimitGates implements StagedPolicy {
  readonly entrance: LimitGate;
  readonly behind: LimitGate | undefined;
  readonly limits: readonly Limit[];

  constructor(limits: readonly Limit[], host: Host, events: Events) {
    const early = limits.filter((limit) => !limit.needsCaller);
    const late = limits.filter((limit) => limit.needsCaller);
    this.entrance = new LimitGate(early, host, events, true);
    this.behind = late.length === 0 ? undefined : new LimitGate(late, host, events, false);
    this.limits = [...early, ...late];
  }
}

/**
 * Asks its limits in order, all or nothing: what one refuses takes from none. Who is refused is told of all limits here that do so,
 * and to wait for the last of them.
 */
class LimitGate implements Policy {
  readonly done?: (x: Exchange) => void;
  readonly #limits: readonly Limit[];
  readonly #host: Host;
  readonly #events: Events;
  /** Whether it writes the fields for itself and the gate behind it, which every response passes before. */
  readonly #tells: boolean;

  constructor(limits: readonly Limit[], host: Host, events: Events, tells: boolean) {
    this.#limits = limits;
    this.#host = host;
    this.#events = events;
    this.#tells = tells;
    if (limits.some(({ counting }) => counting.untilEnd)) this.done = (x) => this.#release(x);
  }

  request(x: Exchange): Reply | void {
    let violated: string[] | undefined;
    let waitMs = 0;
    for (let i = 0; i < this.#limits.length; i++) {
      const limit = this.#limits[i]!;
      if (violated !== undefined && !limit.enforced) continue;
      const answer = limit.ask(x);
      if (answer === "admitted" || answer === "exempt") continue;
      if (answer === "full") {
        this.#events.tell(limit.tableFull);
        if (limit.config.onFull === "allow") continue;
      }
      if (!limit.enforced) this.#events.tell(limit.wouldRefuse);
      else if (answer === "refused") {
        waitMs = Math.max(waitMs, x.limits!.at(-1)!.waitMs);
        if (violated === undefined) violated = [limit.config.name];
        else violated.push(limit.config.name);
      } else if (violated === undefined) {
        giveBackAll(x);
        return answer === "full" ? refuse(TABLE_FULL, { headers: ["retry-after", "1"] }) : refuse(NO_KEY);
      }
    }
    return violated === undefined ? undefined : this.#refuse(x, violated, waitMs);
  }

  response(x: Exchange): void {
    if (x.response === undefined || x.limits === undefined) return;
    const { headers } = x.response;
    for (let i = 0; i < this.#limits.length; i++) this.#limits[i]!.settle(x, headers);
    if (!this.#tells) return;
    const fields = limitFields(x.limits, this.#host.clock);
    for (let i = 0; i < fields.length; i += 2) headers.set(fields[i]!, fields[i + 1]!);
  }

  #refuse(x: Exchange, violated: readonly string[], waitMs: number): Reply {
    giveBackAll(x);
    // A claim may allow less than the request costs, and then no time will help it.
    const retryAfter = Number.isFinite(waitMs) ? Math.max(1, Math.ceil(waitMs / 1000)) : NEVER_SECONDS;
    return refuse(EXCEEDED, {
      members: { retry_after: retryAfter, "violated-policies": violated },
      // The response hook of who refuses does not run.
      headers: [
        "retry-after",
        String(retryAfter),
        ...(this.#tells ? limitFields(x.limits!, this.#host.clock) : []),
      ],
    });
  }

  #release(x: Exchange): void {
    for (const decision of x.limits ?? []) if (decision.untilEnd) decision.giveBack();
  }
}

function giveBackAll(x: Exchange): void {
  for (const decision of x.limits ?? []) decision.giveBack();
}
