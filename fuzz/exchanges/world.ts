import { SimulatedClock } from "../../src/simulation/simulated-host.ts";
import type { SeededRandom } from "../../src/simulation/seeded-random.ts";
import { Fault, must } from "./fault.ts";
import { bringsBody, type Plan, type RequestPlan } from "./plan.ts";

/** A clock whose turns are those of the simulated network. */
export class NetworkClock extends SimulatedClock {
  readonly #later: (task: () => void) => void;

  constructor(later: (task: () => void) => void) {
    super();
    this.#later = later;
  }

  override nextTurn(task: () => void): void {
    this.#later(task);
  }
}

/** How a request came to a service, once. */
export interface Arrival {
  /** It was the first on its connection. */
  readonly fresh: boolean;
  /** Bytes of an answer were sent. */
  answered: boolean;
  /** The service has given up the connection, or has sent what nobody asked for, before it began to answer. */
  stale: boolean;
}

/** What has become of a request, on its way through the gateway. */
export interface RequestRecord {
  readonly plan: RequestPlan;
  readonly address: string;
  /** What the client has sent of it. */
  headSent: boolean;
  whollySent: boolean;
  readonly arrivals: Arrival[];
  /** A service has sent an answer to its very end. */
  whollyAnswered: boolean;
}

/** What clients and services know of each other in one case, so that each can check what it gets. */
export class World {
  readonly random: SeededRandom;
  readonly plan: Plan;
  readonly records: ReadonlyMap<number, RequestRecord>;
  now: () => number = () => 0;
  /** After the end of a case nobody is slow any more. */
  hurries = false;
  /** Requests that a policy was to let wait. */
  readonly waits: (() => void)[] = [];

  constructor(plan: Plan, random: SeededRandom) {
    this.plan = plan;
    this.random = random;
    this.records = new Map(
      plan.clients.flatMap(({ requests, address }) =>
        requests.map((request) => [
          request.id,
          { plan: request, address, headSent: false, whollySent: false, arrivals: [], whollyAnswered: false },
        ]),
      ),
    );
  }

  record(id: number): RequestRecord {
    const record = this.records.get(id);
    if (record === undefined) throw new Fault(`a message bears the mark of request ${id}, which nobody sent`);
    return record;
  }

  /** Clients may go before a connection is open for them, and then it is kept for others without having been used. */
  get #clientsGo(): boolean {
    const { clients, closeAt } = this.plan;
    return closeAt > 0 || clients.some(({ cutAt }) => cutAt > 0);
  }

  /** A service got a request's head. */
  arrive(id: number, fresh: boolean): Arrival {
    const record = this.record(id);
    must(record.headSent, `request ${id} came to a service before the client had sent its head`);
    const [first, second] = record.arrivals;
    must(second === undefined, `request ${id} came to services three times`);
    if (first !== undefined) {
      const { method } = record.plan;
      must(method !== "POST" && !bringsBody(record.plan), `request ${id}, ${method}, was sent twice`);
      must(!first.answered, `request ${id} was sent twice, and the first had been answered`);
      must(
        !first.fresh || this.#clientsGo,
        `request ${id} was sent twice, and the first on a new connection`,
      );
      must(first.stale, `request ${id} was sent twice, and the service had done nothing`);
    }
    const arrival = { fresh, answered: false, stale: false };
    record.arrivals.push(arrival);
    return arrival;
  }
}

/** The body of request or answer `id`: each piece of it tells whose it is. */
export function bodyOf(side: "q" | "a", id: number, length: number): string {
  const mark = `${side}${id}.`;
  return mark.repeat(Math.ceil(length / mark.length)).slice(0, length);
}

/** A body in chunks of that size, with the end of it. */
export function inChunks(body: string, size: number): string {
  let text = "";
  for (let at = 0; at < body.length; at += size) {
    const chunk = body.slice(at, at + size);
    text += `${chunk.length.toString(16)}\r\n${chunk}\r\n`;
  }
  return `${text}0\r\n\r\n`;
}

export function fieldOf(
  fields: readonly (readonly [name: string, value: string])[],
  name: string,
): string | undefined {
  const found = fields.filter(([candidate]) => candidate === name);
  must(found.length <= 1, `${name} stands there ${found.length} times`);
  return found[0]?.[1];
}
