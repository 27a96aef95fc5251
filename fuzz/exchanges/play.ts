import { setImmediate as nextRealTurn, setTimeout as realTime } from "node:timers/promises";
import { compile } from "../../src/compile/compile.ts";
import { StateStore } from "../../src/state/store.ts";
import { Deadlines } from "../../src/host/deadlines.ts";
import type { Host } from "../../src/host/host.ts";
import { Door } from "../../src/listeners/door.ts";
import { doorRules } from "../../src/listeners/door-rules.ts";
import { EventLog } from "../../src/observe/event-log.ts";
import type { Service } from "../../src/services/service.ts";
import { RecordedLog, simulatedHost } from "../../src/simulation/simulated-host.ts";
import { SeededRandom } from "../../src/simulation/seeded-random.ts";
import { configOf } from "./config.ts";
import { Client } from "./client.ts";
import { Fault, must } from "./fault.ts";
import { SimulatedNetwork } from "./network.ts";
import type { Plan } from "./plan.ts";
import { ServiceEnd } from "./service.ts";
import { countPermits, PLANNED, Spies } from "./spies.ts";
import { NetworkClock, World } from "./world.ts";

const MOST_STEPS = 60_000;
/** Turns in which nothing happened but time passed, after which nothing will. */
const QUIET_TURNS = 60;
/** How often other threads are given two milliseconds. */
const MOST_WAITS = 2000;
/** Every bound on a wait is below this, in simulated time. */
const WIND_UP_MS = 40_000;
/** A response that is not taken is written to no further than this, however large its reads are. */
const MOST_PENDING = 256 * 1024;

/** Plays a case; throws a `Fault`, or what the gateway throws, when something does not hold. */
export async function play(plan: Plan): Promise<void> {
  const unsettled = await countPermits(() => new Case(plan).play());
  must(unsettled === 0, `of the breakers' permits ${unsettled} too many were given, or settled`);
}

class Case {
  readonly #plan: Plan;
  readonly #random: SeededRandom;
  readonly #world: World;
  readonly #network: SimulatedNetwork;
  readonly #clock: NetworkClock;
  readonly #log = new RecordedLog();
  readonly #spies: Spies;
  readonly #door: Door;
  readonly #services: readonly Service[];
  readonly #release: () => void;
  /** Whether all exchanges of the snapshot are over, as it counts them. */
  #over = false;
  #clients: Client[] = [];
  #connects = 0;
  #waits = 0;
  #logRead = 0;
  #closed: "no" | "closing" | "closed" = "no";
  #failure: unknown = undefined;

  constructor(plan: Plan) {
    this.#plan = plan;
    this.#random = new SeededRandom(plan.seed);
    this.#world = new World(plan, this.#random);
    this.#network = new SimulatedNetwork(
      this.#random,
      plan,
      (wire, port) => new ServiceEnd(this.#world, wire, port === 9001 ? "one" : "two"),
      () => plan.connecting[this.#connects++ % plan.connecting.length]!,
    );
    this.#clock = new NetworkClock((task) => this.#network.later(task));
    this.#world.now = () => this.#clock.now();
    this.#spies = new Spies(this.#world);
    const { random, outbound } = simulatedHost({ seed: plan.seed });
    const host: Host = { clock: this.#clock, random, log: this.#log, network: this.#network, outbound };
    const config = configOf(plan);
    const compiled = compile(config, {
      host,
      events: new EventLog(host),
      deadlines: new Deadlines(this.#clock),
      state: new StateStore(host),
      observers: () => [this.#spies],
      loopback: true,
      ready: () => true,
    });
    const snapshot = this.#spies.over(compiled.snapshot);
    this.#door = new Door(
      config.listen,
      doorRules(config.listen, config, { snapshot, encodedSlashes: false }),
    );
    this.#services = [...compiled.services.values()];
    this.#release = () => {
      compiled.snapshot.inFlight.whenOver(() => (this.#over = true));
      void compiled.release();
    };
  }

  async play(): Promise<void> {
    await this.#door.open();
    this.#plan.clients.forEach((plan) => {
      this.#network.dial(plan.address, (wire) => {
        const client = new Client(this.#world, plan, wire);
        this.#clients.push(client);
        return client;
      });
    });
    await this.#goOn();
    if (this.#plan.calm && this.#plan.closeAt === 0)
      for (const client of this.#clients) must(client.missing === "", client.missing);
    await this.#windUp();
    this.#checkEnd();
  }

  /** Lets things happen in any order, until nothing more does. */
  async #goOn(): Promise<void> {
    let quiet = 0;
    for (let step = 0; quiet < QUIET_TURNS; step++) {
      if (step === this.#plan.closeAt && step > 0) this.#close();
      const moves = this.#moves();
      if (moves.length > 0 || this.#network.hasTasks) quiet = 0;
      else if (!(await this.#waitForThreads())) quiet++;
      if (moves.length === 0 || this.#random.chance(0.03)) this.#clock.advance(this.#pause());
      else this.#move(moves);
      await this.#endTurn();
      if (step > MOST_STEPS) throw new Fault("it goes on and on");
      if (!this.#plan.calm && quiet > 3 && this.#clients.every((client) => client.done)) return;
    }
  }

  /** What works on other threads takes the time of the machine: tells whether it was given some. */
  async #waitForThreads(): Promise<boolean> {
    if (!this.#spies.busy || this.#waits++ > MOST_WAITS) return false;
    await realTime(2);
    return true;
  }

  #pause(): number {
    return this.#plan.calm ? this.#random.pick([1, 5, 20]) : this.#random.pick([1, 5, 20, 100, 1000]);
  }

  #moves(): (() => void)[] {
    const moves = this.#network.moves();
    const { waits } = this.#world;
    if (waits.length > 0) moves.push(() => waits.splice(this.#random.below(waits.length), 1)[0]!());
    return moves;
  }

  /** Does a few things that may happen in the same turn. */
  #move(moves: (() => void)[]): void {
    this.#random.pick(moves)();
    while (this.#random.chance(0.4)) {
      const more = this.#moves();
      if (more.length === 0) return;
      this.#random.pick(more)();
    }
  }

  async #endTurn(): Promise<void> {
    // What promises bring comes before the turn's end, as on a real loop.
    if (this.#plan.compress || this.#plan.jwt) await nextRealTurn();
    else for (let i = 0; i < 8; i++) await Promise.resolve();
    this.#network.endTurn();
    this.#checkTurn();
  }

  #checkTurn(): void {
    if (this.#failure !== undefined) throw this.#failure;
    const { lines } = this.#log;
    for (; this.#logRead < lines.length; this.#logRead++) {
      const { level, fields } = lines[this.#logRead]!;
      if (level !== "error") continue;
      const { err } = fields as { err: unknown };
      if (err instanceof Fault || !(err instanceof Error && err.message === PLANNED)) throw err;
    }
  }

  #close(): void {
    if (this.#closed !== "no") return;
    this.#closed = "closing";
    this.#door.close(1000).then(
      () => {
        this.#closed = "closed";
        this.#release();
        const { keptOpen } = this.#network;
        if (keptOpen > 0)
          this.#failure = new Fault(`${keptOpen} connections to services outlive the gateway`);
      },
      (error: unknown) => (this.#failure = error),
    );
  }

  /** Nobody is slow any more, time passes, and the gateway closes. */
  async #windUp(): Promise<void> {
    this.#world.hurries = true;
    const closeMs = this.#clock.now() + WIND_UP_MS / 2;
    for (const untilMs = closeMs + WIND_UP_MS / 2; this.#clock.now() < untilMs;) {
      this.#clock.advance(250);
      for (let i = 0; i < 300; i++) {
        const moves = this.#moves();
        const isQuiet = moves.length === 0 && !this.#network.hasTasks;
        if (isQuiet && (i > 20 || !(await this.#waitForThreads()))) break;
        if (moves.length > 0) this.#random.pick(moves)();
        await this.#endTurn();
      }
      if (this.#clock.now() >= closeMs) {
        const { openWires } = this.#network;
        must(openWires === 0 || this.#closed !== "no", `${openWires} connections wait for ever`);
        this.#close();
      }
      if (this.#closed === "closed" && this.#network.openWires === 0 && this.#clock.timers === 0) break;
    }
    await nextRealTurn();
  }

  #checkEnd(): void {
    this.#checkTurn();
    must(this.#door.connections === 0, "connections of clients are left");
    must(this.#closed === "closed", "the gateway does not close");
    must(this.#network.openWires === 0, `${this.#network.openWires} connections are left open`);
    must(this.#clock.timers === 0, `${this.#clock.timers} timers are left`);
    must(
      this.#network.mostPending <= MOST_PENDING,
      `${this.#network.mostPending} bytes waited in a connection`,
    );
    for (const { authority, inFlight } of this.#services.flatMap(({ targets }) => targets))
      must(inFlight === 0, `${inFlight} attempts at ${authority} are not over`);
    must(this.#over, "the snapshot counts an exchange that is not over");
    this.#spies.check();
  }
}
