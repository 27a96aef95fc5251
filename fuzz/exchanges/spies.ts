import type { Exchange } from "../../src/core/exchange.ts";
import type { Observer } from "../../src/core/observer.ts";
import type { Policy } from "../../src/core/policy.ts";
import { BodyError } from "../../src/core/read-body.ts";
import { readAndReplayBody } from "../../src/core/replay-body.ts";
import type { Reply } from "../../src/core/reply.ts";
import type { Route } from "../../src/core/route.ts";
import type { Snapshot } from "../../src/core/snapshot.ts";
import { Breaker, REFUSED, type Outcome, type Permit } from "../../src/services/breaker/breaker.ts";
import { testSteps } from "../../src/testing/steps.ts";
import { must } from "./fault.ts";
import type { PolicyPlan } from "./plan.ts";
import type { World } from "./world.ts";

const MOST_READ_BYTES = 1_000_000;

/** What the policies that are to fail throw. */
export const PLANNED = "a policy was to fail";

/** Sees from within that all begins and ends in pairs. */
export class Spies implements Observer {
  readonly #world: World;
  /** How often policies were asked about an exchange, less how often they heard of its end. */
  readonly #asked = new Map<Exchange, number>();
  readonly #observed = new Set<Exchange>();
  readonly #begun = new Set<Exchange>();
  /** By the client's address. */
  readonly #admissions = new Map<string, number>();

  constructor(world: World) {
    this.#world = world;
  }

  /** The snapshot, each route of which has a policy more. */
  over(snapshot: Snapshot): Snapshot {
    const spied = new Map<Route, Route>();
    return {
      ...snapshot,
      assignRoute: (x) => {
        this.#begun.add(x);
        snapshot.assignRoute(x);
        let route = spied.get(x.route);
        if (route === undefined) {
          const [first, last] = testSteps([this.#policy(), this.#policy()]);
          route = { ...x.route, steps: [first!, ...x.route.steps, last!] };
          spied.set(x.route, route);
        }
        x.route = route;
      },
    };
  }

  #policy(): Policy {
    return {
      request: (x) => {
        const asked = (this.#asked.get(x) ?? 0) + 1;
        this.#asked.set(x, asked);
        if (asked === 2) this.#admitted(x);
        return this.#askedFor(x);
      },
      response: (x) => {
        if (this.#planOf(x)?.response === "wait") return this.#wait();
        if (this.#planOf(x)?.response === "throw") this.#throw();
        return undefined;
      },
      done: (x) => {
        must(x.finished, "a policy heard of the end of an exchange that is not over");
        this.#asked.set(x, this.#asked.get(x)! - 1);
      },
    };
  }

  /** It has passed the limit: no more may than have been given back since the beginning. */
  #admitted(x: Exchange): void {
    const { rateLimit } = this.#world.plan;
    if (rateLimit === 0) return;
    const { address } = x.from;
    const count = (this.#admissions.get(address) ?? 0) + 1;
    this.#admissions.set(address, count);
    const most = rateLimit * (1 + this.#world.now() / 1000);
    must(count <= most + 0.001, `the limit admitted ${count} requests of ${most}`);
  }

  #askedFor(x: Exchange): void | Reply | Promise<void | Reply> {
    const plan = this.#planOf(x);
    // Only the last of them answers.
    const answers = this.#asked.get(x) === 2;
    if (plan === undefined || plan.request === "pass") return undefined;
    if (plan.request === "throw" && answers) this.#throw();
    if (plan.request === "reply") return answers ? replyTo(x) : undefined;
    if (plan.request === "wait") return this.#wait();
    if (plan.request === "read") return answers ? readFirst(x) : undefined;
    return answers ? this.#wait().then(() => replyTo(x)) : undefined;
  }

  #planOf(x: Exchange): PolicyPlan | undefined {
    return this.#world.records.get(Number(x.request.headers.get("x-mark")))?.plan.policy;
  }

  #wait(): Promise<void> {
    return new Promise((resolve) => this.#world.waits.push(resolve));
  }

  #throw(): never {
    throw new Error(PLANNED);
  }

  done(x: Exchange): void {
    must(!this.#observed.has(x), "an observer heard of the end of an exchange twice");
    this.#observed.add(x);
  }

  /** Whether other threads may be at work: at an encoding, or at a signature, between our two policies. */
  get busy(): boolean {
    for (const x of this.#begun) {
      if (x.finished) continue;
      if (x.encoder !== undefined || (x.response === undefined && this.#asked.get(x) === 1)) return true;
    }
    return false;
  }

  /** To be called when nothing goes on any more. */
  check(): void {
    for (const x of this.#begun)
      must(this.#observed.has(x), `no observer heard of the end of ${x.request.path}`);
    for (const [x, open] of this.#asked)
      must(
        open === 0,
        `of the policies of ${x.request.path} ${open} too many were asked, or heard of its end`,
      );
  }
}

/** As a policy does that checks bodies. */
async function readFirst(x: Exchange): Promise<void> {
  try {
    await readAndReplayBody(x, MOST_READ_BYTES);
  } catch (error) {
    // Whoever broke it off has answered, or there is nobody left to answer.
    if (!(error instanceof BodyError)) throw error;
    must(error.reason === "aborted", "a body is longer than any that is sent");
  }
}

function replyTo(x: Exchange): Reply {
  return { status: 418, headers: ["x-reply", x.request.headers.get("x-mark")!], body: "reply" };
}

/** Counts the permits of breakers while `play` runs; gives those acquired less those settled. */
export async function countPermits(play: () => Promise<void>): Promise<number> {
  const counted: {
    acquire: (this: Breaker) => Permit;
    settle: (this: Breaker, permit: Permit, outcome: Outcome) => void;
  } = Breaker.prototype;
  const { acquire, settle } = counted;
  let open = 0;
  counted.acquire = function () {
    const permit = acquire.call(this);
    if (permit !== REFUSED) open++;
    return permit;
  };
  counted.settle = function (permit, outcome) {
    open--;
    settle.call(this, permit, outcome);
  };
  try {
    await play();
  } finally {
    counted.acquire = acquire;
    counted.settle = settle;
  }
  return open;
}
