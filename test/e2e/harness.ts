import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import type { ConfigInput } from "../../src/config/schema.ts";
import { parseConfig } from "../../src/config/parse.ts";
import type { Exchange } from "../../src/core/exchange.ts";
import type { Handler } from "../../src/core/handler.ts";
import type { Observer } from "../../src/core/observer.ts";
import type { Policy } from "../../src/core/policy.ts";
import { createRoute } from "../../src/core/route.ts";
import type { Host, Network, Random, Wire, WirePeer, Outbound } from "../../src/host/host.ts";
import { systemNetwork } from "../../src/host/sockets.ts";
import { InFlight } from "../../src/core/in-flight.ts";
import { TrustedProxies } from "../../src/http/forwarded/provenance.ts";
import { DEFAULT_LIMITS } from "../../src/http/h1/request-parser.ts";
import { AddressSet } from "../../src/lib/address-ranges.ts";
import { Door } from "../../src/listeners/door.ts";
import { EventLog } from "../../src/observe/event-log.ts";
import { Breaker, REFUSED, type Outcome, type Permit } from "../../src/services/breaker/breaker.ts";
import { testSteps } from "../../src/testing/steps.ts";
import { RecordedLog, SimulatedClock, simulatedHost } from "../../src/simulation/simulated-host.ts";
import { Gateway } from "../../src/gateway/gateway.ts";
import { eventually, RawPeer, RawService, type RawMessage } from "./raw-peer.ts";

/** Permits of all breakers of this process that are not settled; tests of a breaker alone may have left some before. */
let openPermits = 0;
const counted: {
  acquire: (this: Breaker) => Permit;
  settle: (this: Breaker, permit: Permit, outcome: Outcome) => void;
} = Breaker.prototype;
const { acquire, settle } = counted;
counted.acquire = function () {
  const permit = acquire.call(this);
  if (permit !== REFUSED) openPermits++;
  return permit;
};
counted.settle = function (permit, outcome) {
  openPermits--;
  settle.call(this, permit, outcome);
};

/** The machine's network, counting what is open on either side. */
class CountedNetwork implements Network {
  accepted = 0;
  opened = 0;
  /** When set, connections to services are open only once the test calls what is put here. */
  opening: (() => void)[] | undefined = undefined;

  /** Bytes that the gateway has read, from both sides. */
  read = 0;
  readonly #wires = new Set<Wire>();
  /** The most that ever waited in the gateway for one of its sockets. */
  mostWaiting = 0;

  connect(...[address, peer]: Parameters<Network["connect"]>): Wire {
    this.opened++;
    const counted = this.#watched(peer, () => this.opened--);
    const connected = (): void => {
      if (this.opening === undefined) peer.connected();
      else this.opening.push(() => peer.connected());
    };
    return this.#measured(systemNetwork.connect(address, { ...counted, connected }));
  }

  listen(...[address, accept]: Parameters<Network["listen"]>): ReturnType<Network["listen"]> {
    return systemNetwork.listen(address, (wire) => {
      this.accepted++;
      return this.#watched(accept(this.#measured(wire)), () => this.accepted--);
    });
  }

  /** What waits in the gateway for its sockets now. */
  get waiting(): number {
    let bytes = 0;
    for (const wire of this.#wires) bytes += wire.pendingBytes;
    return bytes;
  }

  #measured(wire: Wire): Wire {
    this.#wires.add(wire);
    const writeText = wire.writeText.bind(wire);
    const writeBytes = wire.writeBytes.bind(wire);
    const measure = (): void => void (this.mostWaiting = Math.max(this.mostWaiting, wire.pendingBytes));
    wire.writeText = (text) => {
      writeText(text);
      measure();
    };
    wire.writeBytes = (...range) => {
      writeBytes(...range);
      measure();
    };
    return wire;
  }

  #watched(peer: WirePeer, closed: () => void): WirePeer {
    return {
      connected: () => peer.connected(),
      received: (bytes, length) => {
        this.read += length;
        peer.received(bytes, length);
      },
      ended: () => peer.ended(),
      blocked: () => peer.blocked(),
      drained: () => peer.drained(),
      closed: (error) => {
        closed();
        peer.closed(error);
      },
    };
  }
}

/** The machine's host with time by hand, and with everything counted that must not be left over. */
export class CountedHost implements Host {
  readonly clock = new SimulatedClock();
  readonly log = new RecordedLog();
  readonly network = new CountedNetwork();
  readonly random: Random;
  readonly outbound: Outbound;
  exchanges = 0;

  constructor() {
    const { random, outbound } = simulatedHost();
    this.outbound = outbound;
    this.random = {
      fraction: () => random.fraction(),
      hex: (length) => {
        // The id of an exchange: each has one.
        if (length === 32) this.exchanges++;
        return random.hex(length);
      },
    };
  }
}

/** A gateway, its clients and its services, in one test. */
export class Stage {
  readonly host = new CountedHost();
  readonly done: Exchange[] = [];
  readonly clients: RawPeer[] = [];
  /** When a whole gateway was asked for. */
  gateway!: Gateway;
  close: () => Promise<void> = () => this.gateway.close();
  port = 0;

  get clock(): SimulatedClock {
    return this.host.clock;
  }

  async client(): Promise<RawPeer> {
    const client = await RawPeer.connect(this.port);
    this.clients.push(client);
    return client;
  }

  /** One request on a connection of its own. */
  async ask(request: string): Promise<RawMessage> {
    const client = await this.client();
    client.write(request);
    const message = await client.takeMessage(request.startsWith("HEAD "));
    client.destroy();
    return message;
  }

  get(target: string, fields = ""): Promise<RawMessage> {
    return this.ask(`GET ${target} HTTP/1.1\r\nhost: a\r\n${fields}\r\n`);
  }

  /** The exchanges that are over, once there are so many. */
  async finished(count: number): Promise<Exchange[]> {
    await eventually(() => this.done.length >= count, `${count} finished exchanges`);
    return this.done;
  }
}

export type StageConfig = Partial<Omit<ConfigInput, "services">> & {
  services?: Readonly<Record<string, object>>;
};

/**
 * Starts a gateway on a free port. After the test, when all clients have gone, nothing may be left: no connection, no
 * exchange that was not told to observers once, no permit, no timer; and nothing may have been an internal error.
 */
export async function stage(
  t: TestContext,
  config: StageConfig,
  { internalErrors = 0 }: { internalErrors?: number } = {},
): Promise<Stage> {
  const stage = new Stage();
  const input = { listen: { port: 0 }, routes: [{ path: "/*", service: "backend" }], ...config };
  const observer = { done: (x: Exchange) => void stage.done.push(x) };
  stage.gateway = new Gateway(parseConfig(input), stage.host, { observers: () => [observer] });
  ({ port: stage.port } = await stage.gateway.start());
  const end = endOf(t);
  end.checks.push(() => checkNothingIsLeft(stage, internalErrors, end.permitsBefore));
  return stage;
}

/** A listener with one route, answered by `handler` behind `policies`; in the end the same holds as for a gateway. */
export async function stageOfRoute(
  t: TestContext,
  handler: Handler,
  policies: readonly Policy[],
  { internalErrors = 0, observers = [] }: { internalErrors?: number; observers?: readonly Observer[] } = {},
): Promise<Stage> {
  const stage = new Stage();
  const limits = { bodyBytes: 1024 * 1024 };
  const route = createRoute({ name: "test", pattern: "/*", handler, steps: testSteps(policies), limits });
  const door = new Door(
    { host: "127.0.0.1", port: 0, proxyProtocol: false },
    {
      snapshot: {
        host: stage.host,
        events: new EventLog(stage.host),
        name: "portcullis",
        identityHeaders: [],
        inFlight: new InFlight(),
        routes: [route],
        observers: [...observers, { done: (x) => void stage.done.push(x) }],
        unrouted: createRoute({ handler: { handle: () => ({ status: 404 }) }, limits }),
        assignRoute: (x) => {
          x.match = "found";
          x.route = route;
          x.handler = handler;
        },
      },
      requestLimits: DEFAULT_LIMITS,
      timeouts: { head: 10_000, body: 30_000, idle: 75_000, write: 30_000 },
      proxies: new TrustedProxies(new AddressSet([]), "x-forwarded"),
      bounds: {
        maxConnections: 100,
        maxConnectionsPerAddress: 100,
        maxHeads: 100,
        heldBytes: 64 * 1024 ** 2,
      },
    },
  );
  stage.close = () => door.close(0);
  ({ port: stage.port } = await door.open());
  const end = endOf(t);
  end.checks.push(() => checkNothingIsLeft(stage, internalErrors, end.permitsBefore));
  return stage;
}

interface End {
  readonly checks: (() => Promise<void>)[];
  readonly services: RawService[];
  /** That were open before the test. */
  readonly permitsBefore: number;
}

const ends = new WeakMap<TestContext, End>();

/** What happens after a test. Services are closed last, or they would hide the connections that the gateway forgot. */
function endOf(t: TestContext): End {
  let end = ends.get(t);
  if (end === undefined) {
    const made: End = { checks: [], services: [], permitsBefore: openPermits };
    ends.set(t, made);
    end = made;
    t.after(async () => {
      try {
        for (const check of made.checks) await check();
      } finally {
        for (const service of made.services) service.close();
      }
    });
  }
  return end;
}

async function checkNothingIsLeft(
  stage: Stage,
  internalErrors: number,
  permitsBefore: number,
): Promise<void> {
  const { host } = stage;
  for (const client of stage.clients) client.destroy();
  // Who went on sending behind a last response is read no further, and two seconds end it.
  let lingeredMs = 0;
  await eventually(() => {
    if (host.network.accepted > 0 && lingeredMs++ < 2200) host.clock.advance(1);
    return host.network.accepted === 0;
  }, "the listener has no connection left");
  let closed = false;
  void stage.close().then(() => (closed = true));
  await eventually(() => closed, "the gateway closes without waiting when nobody is connected");
  await eventually(() => host.network.opened === 0, "no connection to a service is left");
  assert.equal(stage.done.length, host.exchanges, "every exchange is told once, when it is over");
  assert.equal(new Set(stage.done).size, stage.done.length, "no exchange is told twice");
  assert.equal(openPermits, permitsBefore, "every permit is settled once");
  assert.equal(host.clock.timers, 0, "no timer is left");
  const errors = host.log.lines.filter(({ level }) => level === "error");
  assert.equal(
    errors.length,
    internalErrors,
    `internal errors: ${String(errors.map(({ fields }) => (fields as { err: Error }).err.stack))}`,
  );
}

/** Services that close when the test is over. */
export async function service(
  t: TestContext,
  answer?: (request: RawMessage, peer: RawPeer) => void,
): Promise<RawService> {
  const service = await RawService.listen(answer);
  endOf(t).services.push(service);
  return service;
}

/** A service that answers every request with this text. */
export function answering(t: TestContext, text: string): Promise<RawService> {
  return service(t, (_request, peer) => void peer.write(text));
}

export const OK = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";
