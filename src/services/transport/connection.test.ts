/** What cannot be staged on real sockets: how much one read takes is the system's choice there. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Deadlines } from "../../host/deadlines.ts";
import type { Wire } from "../../host/host.ts";
import { SimulatedClock } from "../../testing/simulated-host.ts";
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
      failed: (reason) => void told.push(reason.code),
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
