import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import { DEFAULT_LIMITS, RequestParser } from "../../http/h1/request-parser.ts";
import { SimulatedClock } from "../../simulation/simulated-host.ts";
import { silentWire } from "../../testing/silent-wire.ts";
import { Incoming, type Reader } from "./incoming.ts";
import { Turns } from "../turns.ts";

const REQUEST = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
const UPLOAD = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";

const floods: readonly (readonly [what: string, bytes: string, units: number])[] = [
  ["pipelined requests", REQUEST.repeat(100), 100],
  ["pipelined requests with bodies", `${UPLOAD}1\r\nx\r\n0\r\n\r\n`.repeat(100), 200],
  ["chunks of one byte", `${UPLOAD}${"1\r\nx\r\n".repeat(10_000)}0\r\n\r\n`, 40],
];
for (const [what, bytes, units] of floods) {
  test(`${what} leave others their turn`, async () => {
    let read = 0;
    const parser = new RequestParser(DEFAULT_LIMITS, {
      head: () => read++,
      body: () => read++,
      bodyEnd: () => read++,
    });
    const reader: Reader = {
      mayRead: () => true,
      mayKeep: () => true,
      unreadable: (error) => assert.fail(error as Error),
      readDone: () => {},
      readOn: () => void incoming.readOn(),
    };
    const incoming: Incoming = new Incoming(
      silentWire("127.0.0.1"),
      parser,
      reader,
      new Turns(new SimulatedClock()),
    );
    const buffer = Buffer.from(bytes);
    incoming.take(buffer, buffer.length);
    // Whoever reads on for other reasons does not get more of the turn.
    incoming.readOn();
    const perTurn = read;
    assert.ok(perTurn > 0 && perTurn <= 8, `${perTurn} in one turn`);
    for (let turns = 1; incoming.waiting; turns++) {
      await nextTurn();
      assert.ok(read <= (turns + 1) * 8, `${read} in ${turns + 1} turns`);
    }
    assert.ok(read >= units, `${read} of ${units}`);
  });
}

test("a connection that is dropped is not read on", async () => {
  let read = 0;
  const parser = new RequestParser(DEFAULT_LIMITS, { head: () => read++, body() {}, bodyEnd() {} });
  const incoming: Incoming = new Incoming(
    silentWire("127.0.0.1"),
    parser,
    {
      mayRead: () => true,
      mayKeep: () => true,
      unreadable: (error) => assert.fail(error as Error),
      readDone: () => {},
      readOn: () => void incoming.readOn(),
    },
    new Turns(new SimulatedClock()),
  );
  const buffer = Buffer.from(REQUEST.repeat(100));
  incoming.take(buffer, buffer.length);
  const before = read;
  incoming.drop();
  await nextTurn();
  assert.equal(read, before);
});
