/** What cannot be staged on real sockets: how much one read takes is the system's choice there. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Deadlines } from "../../host/deadlines.ts";
import type { Wire } from "../../host/host.ts";
import { SimulatedClock } from "../../simulation/simulated-host.ts";
import { silentWire } from "../../testing/silent-wire.ts";
import type { Failure } from "../failure.ts";
import { ServiceConnection, type ConnectionUser } from "./connection.ts";

const SETTINGS = { connectMs: 1000, responseMs: 1000, idleMs: 1000, headBytes: 4096 };
const ANSWER = Buffer.from("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");

/** A connection that is asked one thing, and what is told of it. */
function ask(user: Partial<ConnectionUser> = {}): {
  readonly connection: ServiceConnection;
  readonly told: string[];
} {
  const told: string[] = [];
  const tell = (what: string) => () => void told.push(what);
  const clock = new SimulatedClock();
  const connection = new ServiceConnection(
    { released: tell("released"), lost: tell("lost") },
    {
      ready(opened) {
        opened.begin("GET", "GET / HTTP/1.1\r\n\r\n", true);
        opened.writeEnd(false, undefined, clock.now());
      },
      responseInterim: tell("interim"),
      responseHead: tell("head"),
      responseBody: tell("body"),
      responseEnd: tell("end"),
      drained: tell("drained"),
      failed: ({ refusal }) => void told.push(refusal.code),
      ...user,
    },
    clock,
    new Deadlines(clock),
    SETTINGS,
  );
  const wire = { sends: 0, writeText: () => wire.sends++, resume: tell("resume"), destroy: tell("destroy") };
  connection.attach(wire as unknown as Wire);
  connection.connected();
  return { connection, told };
}

test("an answer that ends within a read gives the connection back", () => {
  const { connection, told } = ask();
  connection.received(Buffer.concat([ANSWER, Buffer.alloc(1)]), ANSWER.length);
  assert.deepEqual(told, ["head", "body", "end", "released"]);
});

test("an answer that ends where the read's memory does may have more behind it: nobody gets the connection", () => {
  const { connection, told } = ask();
  connection.received(ANSWER, ANSWER.length);
  assert.deepEqual(told, ["head", "body", "end", "destroy", "lost"]);
});

test("a user's own error is not taken for the service's", () => {
  const { connection } = ask({
    responseHead() {
      throw new RangeError("a fault of the gateway");
    },
  });
  assert.throws(() => connection.received(ANSWER, ANSWER.length), RangeError);
});

/** What happens to a connection: `connected` and `again` begin a request, which `sends` says has left. */
type Step =
  | "connected"
  | "again"
  | "body follows"
  | "sends"
  | "blocked"
  | "begins to answer"
  | "head"
  | "answer"
  | "nonsense"
  | "fin"
  | "closed"
  | "wait"
  | { readonly code: string };

const failures: readonly { steps: readonly Step[]; failure: readonly string[] }[] = [
  { steps: [{ code: "ECONNREFUSED" }], failure: ["service.unreachable", "connect", "service", "no"] },
  { steps: [{ code: "ETIMEDOUT" }], failure: ["service.connect_timeout", "connect", "service", "no"] },
  { steps: [{ code: "EMFILE" }], failure: ["service.no_socket", "connect", "gateway", "no"] },
  { steps: ["wait"], failure: ["service.connect_timeout", "connect", "service", "no"] },
  { steps: ["connected", "closed"], failure: ["service.broken", "head", "service", "no"] },
  { steps: ["connected", "sends", "closed"], failure: ["service.broken", "head", "service", "maybe"] },
  { steps: ["connected", "sends", "fin"], failure: ["service.broken", "head", "service", "maybe"] },
  { steps: ["connected", "sends", "wait"], failure: ["service.timeout", "head", "service", "maybe"] },
  {
    steps: ["body follows", "connected", "sends", "closed"],
    failure: ["service.broken", "send", "service", "maybe"],
  },
  {
    steps: ["body follows", "connected", "sends", "blocked", "wait"],
    failure: ["service.timeout", "send", "service", "maybe"],
  },
  {
    steps: ["body follows", "connected", "sends", "blocked", "begins to answer", "wait"],
    failure: ["service.stalled", "head", "service", "maybe"],
  },
  {
    steps: ["connected", "sends", "begins to answer", "closed"],
    failure: ["service.broken", "head", "service", "maybe"],
  },
  {
    steps: ["connected", "sends", "nonsense"],
    failure: ["service.bad_response", "head", "service", "maybe"],
  },
  {
    steps: ["connected", "sends", "head", "fin"],
    failure: ["service.broken", "body", "service", "maybe"],
  },
  {
    steps: ["connected", "sends", "head", "wait"],
    failure: ["service.stalled", "body", "service", "maybe"],
  },
  {
    steps: ["connected", "sends", "answer", "again", "closed"],
    failure: ["service.broken", "head", "none", "no"],
  },
  {
    steps: ["connected", "sends", "answer", "again", "begins to answer"],
    failure: ["service.broken", "head", "none", "no"],
  },
  {
    steps: ["connected", "sends", "answer", "again", "sends", "fin"],
    failure: ["service.broken", "head", "none", "maybe"],
  },
  {
    steps: ["connected", "sends", "answer", "again", "sends", "begins to answer", "fin"],
    failure: ["service.broken", "head", "service", "maybe"],
  },
  {
    steps: ["connected", "sends", "answer", "again", "sends", "wait"],
    failure: ["service.timeout", "head", "service", "maybe"],
  },
];

for (const { steps, failure } of failures) {
  const names = steps.map((step) => (typeof step === "string" ? step : step.code));
  test(`${names.join(", ")}: ${failure.join(", ")}`, () => {
    const clock = new SimulatedClock();
    const told: Failure[] = [];
    const user: ConnectionUser = {
      ready(opened) {
        opened.begin("GET", "GET / HTTP/1.1\r\n\r\n", true);
        if (!names.includes("body follows")) opened.writeEnd(false, undefined, clock.now());
      },
      responseInterim: () => assert.fail("an interim answer"),
      responseHead: () => {},
      responseBody: () => {},
      responseEnd: () => {},
      drained: () => {},
      failed: (given) => told.push(given),
    };
    const owner = { released: () => {}, lost: () => {} };
    const connection = new ServiceConnection(owner, user, clock, new Deadlines(clock), SETTINGS);
    const wire = { ...silentWire("192.0.2.1"), sends: 0 };
    connection.attach(wire);
    const receive = (text: string): void => connection.received(Buffer.from(text + " "), text.length);
    const happen: Record<Step & string, () => void> = {
      connected: () => connection.connected(),
      again: () => connection.lend(user),
      "body follows": () => {},
      sends: () => wire.sends++,
      blocked: () => connection.blocked(),
      "begins to answer": () => receive("HTTP/1."),
      head: () => receive(ANSWER.toString().slice(0, -2)),
      answer: () => receive(ANSWER.toString()),
      nonsense: () => receive("220 smtp.test\r\n\r\n"),
      fin: () => connection.ended(),
      closed: () => connection.closed(undefined),
      wait: () => clock.advance(1100),
    };
    for (const step of steps) {
      assert.deepEqual(told, [], `before ${JSON.stringify(step)}`);
      if (typeof step === "string") happen[step]();
      else connection.closed(Object.assign(new Error(step.code), step));
    }
    assert.deepEqual(
      told.map(({ refusal, stage, blame, sent }) => [refusal.code, stage, blame, sent]),
      [failure],
    );
  });
}
