import assert from "node:assert/strict";
import { beforeEach, describe, it } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { Handler } from "../core/handler.ts";
import { readWholeBody } from "../core/read-body.ts";
import { InFlight } from "../core/in-flight.ts";
import { createRoute } from "../core/route.ts";
import type { Wire, WirePeer } from "../host/host.ts";
import { nobody } from "../host/nobody.ts";
import { directProvenance, TrustedProxies } from "../http/forwarded/provenance.ts";
import { DEFAULT_LIMITS } from "../http/h1/request-parser.ts";
import { AddressSet, readRanges } from "../lib/address-ranges.ts";
import { EventLog } from "../observe/event-log.ts";
import { simulatedHost } from "../testing/simulated-host.ts";
import { silentWire } from "../testing/silent-wire.ts";
import type { DoorBounds, DoorRules } from "./door-rules.ts";
import { Door } from "./door.ts";
import { http1 } from "./h1/http1.ts";

const CLIENT = "192.0.2.1";
const BOUNDS: DoorBounds = { maxConnections: 9, maxConnectionsPerAddress: 9, maxHeads: 9, heldBytes: 1e6 };

let host: ReturnType<typeof simulatedHost>;
let door: Door;
/** What exchanges that are over were answered under. */
let done: string[];

beforeEach(() => {
  host = simulatedHost();
  done = [];
  door = new Door({ host: "127.0.0.1", port: 0, proxyProtocol: false }, rules("old"));
});

/** Rules under which every request is answered with their name and the client's address. */
function rules(
  name: string,
  { trusted = "", bounds = {}, handler, ...rest }: Partial<Omit<DoorRules, "bounds">> & Changes = {},
): DoorRules {
  const ranges = trusted === "" ? undefined : readRanges(trusted);
  const route = createRoute({
    name,
    pattern: "/*",
    handler: handler ?? { handle: (x) => ({ status: 200, body: `${name} ${x.client.address}` }) },
    limits: { bodyBytes: 1024 },
  });
  return {
    snapshot: {
      host,
      events: new EventLog(host),
      name,
      identityHeaders: [],
      inFlight: new InFlight(),
      routes: [],
      observers: [{ done: (x) => void done.push(x.snapshot.name) }],
      unrouted: route,
      assignRoute: () => {},
    },
    requestLimits: DEFAULT_LIMITS,
    timeouts: { head: 10_000, body: 30_000, idle: 75_000, write: 30_000 },
    proxies: new TrustedProxies(
      new AddressSet(ranges !== undefined && "ranges" in ranges ? ranges.ranges : []),
      "x-forwarded",
    ),
    bounds: { ...BOUNDS, ...bounds },
    ...rest,
  };
}

interface Changes {
  readonly trusted?: string;
  readonly bounds?: Partial<DoorBounds>;
  readonly handler?: Handler;
}

/** A client at the door. */
class Client {
  written = "";
  ended = false;
  readonly peer: WirePeer;

  constructor(address = CLIENT) {
    const wire: Wire = {
      ...silentWire(address),
      writeText: (text) => void (this.written += text),
      writeBytes: (bytes, start, end) =>
        void (this.written += Buffer.from(bytes.subarray(start, end)).toString()),
      end: () => void (this.ended = true),
    };
    this.peer = door.admit(wire, directProvenance(address), http1(door));
  }

  get isIn(): boolean {
    return this.peer !== nobody;
  }

  send(text: string): void {
    const bytes = Buffer.from(text);
    this.peer.received(bytes, bytes.length);
  }

  /** The status and the body of the one answer to a request with these fields. */
  ask(fields = ""): string {
    this.written = "";
    this.send(`GET / HTTP/1.1\r\nhost: a\r\n${fields}\r\n`);
    const [head, body] = this.written.split("\r\n\r\n");
    return `${head!.split(" ")[1]} ${body}`;
  }
}

describe("other rules, put in place between two requests of one connection", () => {
  it("answer the second", () => {
    const client = new Client();
    assert.equal(client.ask(), `200 old ${CLIENT}`);
    door.use(rules("new"));
    assert.equal(client.ask(), `200 new ${CLIENT}`);
    assert.deepEqual(done, ["old", "new"]);
  });

  it("bound its head", () => {
    const client = new Client();
    assert.match(client.ask("a: 1\r\nb: 2\r\n"), /^200 /);
    door.use(rules("new", { requestLimits: { ...DEFAULT_LIMITS, headerCount: 2 } }));
    assert.match(client.ask("a: 1\r\n"), /^200 /);
    assert.match(client.ask("a: 1\r\nb: 2\r\n"), /^431 /);
  });

  it("bound its trailers", async () => {
    const handler: Handler = {
      handle: async (x) => ({ status: 200, body: String((await readWholeBody(x, 10)).length) }),
    };
    door.use(rules("reading", { handler }));
    const client = new Client();
    const chunked = "transfer-encoding: chunked\r\n\r\n1\r\nx\r\n0\r\na: 1\r\nb: 2\r\nc: 3\r\n";
    client.ask(chunked);
    await nextTurn();
    assert.match(client.written, /^HTTP\/1\.1 200 [^]*\r\n1$/);
    door.use(rules("new", { handler, requestLimits: { ...DEFAULT_LIMITS, headerCount: 2 } }));
    assert.match(client.ask(chunked), /^431 /);
  });

  it("do not bound a head that had begun, and answer it", () => {
    const client = new Client();
    client.send("GET / HTTP/1.1\r\nhost: a\r\na: 1\r\n");
    door.use(rules("new", { requestLimits: { ...DEFAULT_LIMITS, headerCount: 2 } }));
    client.send("b: 2\r\n\r\n");
    assert.match(client.written, /^HTTP\/1\.1 200 [^]*new/);
  });

  it("say how long the client is waited for", () => {
    const client = new Client();
    client.ask();
    const { timeouts } = door.current;
    door.use(rules("new", { timeouts: { ...timeouts, idle: 1000 } }));
    host.clock.advance(1200);
    assert.equal(client.ended, false);
    client.ask();
    host.clock.advance(1200);
    assert.equal(client.ended, true);
  });

  it("say whether it is a proxy that speaks", () => {
    const client = new Client();
    const fields = "x-forwarded-for: 203.0.113.9\r\n";
    assert.equal(client.ask(fields), `200 old ${CLIENT}`);
    door.use(rules("new", { trusted: CLIENT }));
    assert.equal(client.ask(fields), "200 new 203.0.113.9");
    door.use(rules("newer"));
    assert.equal(client.ask(fields), `200 newer ${CLIENT}`);
  });

  it("are nothing to an exchange that has begun", async () => {
    let answer: (() => void) | undefined;
    const handler: Handler = {
      handle: (x) =>
        new Promise((resolve) => (answer = () => resolve({ status: 200, body: x.snapshot.name }))),
    };
    door.use(rules("slow", { handler }));
    const client = new Client();
    client.ask();
    door.use(rules("new"));
    answer!();
    await nextTurn();
    assert.match(client.written, /slow$/);
    assert.deepEqual(done, ["slow"]);
  });
});

describe("other bounds", () => {
  it("send nobody away, and count those who are here", () => {
    const clients = [new Client(), new Client()];
    assert.ok(clients.every((client) => client.isIn));
    door.use(rules("new", { bounds: { maxConnections: 2 } }));
    assert.equal(door.connections, 2);
    assert.equal(new Client("192.0.2.2").isIn, false);
    door.use(rules("new", { bounds: { maxConnectionsPerAddress: 2 } }));
    assert.equal(new Client().isIn, false);
    assert.equal(new Client("192.0.2.2").isIn, true);
    clients[0]!.peer.closed(undefined);
    assert.equal(new Client().isIn, true);
  });

  it("hold for heads that had begun, from the next on", () => {
    const clients = [new Client(), new Client(), new Client()];
    for (const client of clients) client.send("GET");
    door.use(rules("new", { bounds: { maxHeads: 2 } }));
    const last = new Client();
    last.send("GET");
    const refused = clients.map((client) => client.written.startsWith("HTTP/1.1 503 "));
    assert.deepEqual([...refused, last.written !== ""], [true, true, false, false]);
  });
});

it("a client who had gone before it was let in leaves nothing behind", () => {
  for (let i = 0; i < 20; i++) new Client("").peer.closed(undefined);
  assert.ok(new Client("").isIn);
});
