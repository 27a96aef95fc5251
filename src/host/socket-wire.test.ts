import assert from "node:assert/strict";
import net from "node:net";
import { test } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import { nobody } from "./nobody.ts";
import type { Wire } from "./host.ts";
import { systemNetwork } from "./sockets.ts";

const READ_BYTES = 64 * 1024;
const READS_A_TURN = 4;

for (const senders of [1, 3]) {
  test(`${senders} that send without a pause are read a few times in a turn, and whole in the end`, async (t) => {
    const sent = 16 * 1024 ** 2;
    let inTurn = 0;
    let mostInTurn = 0;
    let read = 0;
    const wires = new Set<Wire>();
    const listening = await systemNetwork.listen({ host: "127.0.0.1", port: 0 }, (wire) => {
      wires.add(wire);
      return {
        ...nobody,
        received: (_bytes: Buffer, length: number) => {
          read += length;
          inTurn += length;
          mostInTurn = Math.max(mostInTurn, inTurn);
        },
        ended: () => wire.end(),
      };
    });
    const sockets = Array.from({ length: senders }, () => {
      const socket = net.connect(listening.port, "127.0.0.1");
      socket.end(Buffer.alloc(sent));
      return socket;
    });
    t.after(async () => {
      for (const socket of sockets) socket.destroy();
      await listening.close();
    });
    await turnsUntil(() => {
      inTurn = 0;
      return read >= senders * sent;
    });
    // Reads that do not fill the buffer are not counted: one for each sender.
    assert.ok(mostInTurn <= (READS_A_TURN + senders) * READ_BYTES, `${mostInTurn} bytes in one turn`);
  });
}

test("who is paused while at rest is not read on", async (t) => {
  let read = 0;
  let wire: Wire | undefined;
  const listening = await systemNetwork.listen({ host: "127.0.0.1", port: 0 }, (accepted) => {
    wire = accepted;
    return { ...nobody, received: (_bytes: Buffer, length: number) => void (read += length) };
  });
  const socket = net.connect(listening.port, "127.0.0.1");
  socket.write(Buffer.alloc(16 * 1024 ** 2));
  t.after(async () => {
    socket.destroy();
    wire?.destroy();
    await listening.close();
  });
  await turnsUntil(() => read >= READS_A_TURN * READ_BYTES);
  wire!.pause();
  const before = read;
  for (let turns = 0; turns < 20; turns++) await nextTurn();
  assert.equal(read, before);
  wire!.resume();
  await turnsUntil(() => read > before);
});

test("of many that begin with much at once, a few are handled in a turn, each whole, and none while it is paused", async (t) => {
  const clients = 24;
  const beginning = Buffer.from("0123456789abcdef".repeat(48 * 64));
  const received = new Map<Wire, Buffer[]>();
  let inTurn = 0;
  let mostInTurn = 0;
  let pause: "not yet" | "now" | "over" = "not yet";
  const pauseAll = async (): Promise<void> => {
    for (const wire of received.keys()) wire.pause();
    pause = "now";
    for (let turns = 0; turns < 5; turns++) await nextTurn();
    pause = "over";
    for (const wire of received.keys()) wire.resume();
  };
  const listening = await systemNetwork.listen({ host: "127.0.0.1", port: 0 }, (wire) => {
    const pieces: Buffer[] = [];
    received.set(wire, pieces);
    return {
      ...nobody,
      received: (bytes: Buffer, length: number) => {
        assert.notEqual(pause, "now");
        pieces.push(Buffer.from(bytes.subarray(0, length)));
        if (pieces.length === 1) mostInTurn = Math.max(mostInTurn, ++inTurn);
        // By then others have read what waits.
        if (pause === "not yet" && inTurn === 1) setImmediate(() => void pauseAll());
      },
    };
  });
  const sockets = Array.from({ length: clients }, () => net.connect(listening.port, "127.0.0.1"));
  t.after(async () => {
    for (const socket of sockets) socket.destroy();
    for (const wire of received.keys()) wire.destroy();
    await listening.close();
  });
  await turnsUntil(() => received.size === clients);
  for (const socket of sockets) socket.write(beginning);
  await turnsUntil(() => {
    inTurn = 0;
    return [...received.values()].every((pieces) => Buffer.concat(pieces).length >= beginning.length);
  });
  for (const pieces of received.values()) assert.deepEqual(Buffer.concat(pieces), beginning);
  // A turn ends with those that waited, and the next begins with those that have just come.
  assert.ok(mostInTurn <= 2 * READS_A_TURN, `${mostInTurn} in one turn`);
});

test("what waits for its turn is dropped with its connection", async (t) => {
  const clients = 16;
  const wires = new Set<Wire>();
  let begun = 0;
  let closed = 0;
  const listening = await systemNetwork.listen({ host: "127.0.0.1", port: 0 }, (wire) => {
    wires.add(wire);
    let gone = false;
    return {
      ...nobody,
      received: () => {
        assert.ok(!gone, "bytes behind the end");
        begun++;
        if (begun > 1) return;
        setImmediate(() => {
          for (const other of wires) other.destroy();
        });
      },
      closed: () => {
        gone = true;
        closed++;
      },
    };
  });
  const sockets = Array.from({ length: clients }, () => {
    const socket = net.connect(listening.port, "127.0.0.1");
    socket.on("error", () => {});
    return socket;
  });
  t.after(async () => {
    for (const socket of sockets) socket.destroy();
    await listening.close();
  });
  await turnsUntil(() => wires.size === clients);
  for (const socket of sockets) socket.write(Buffer.alloc(READ_BYTES));
  await turnsUntil(() => closed === clients);
  assert.equal(begun, READS_A_TURN);
});

async function turnsUntil(condition: () => boolean): Promise<void> {
  const bound = AbortSignal.timeout(20_000);
  while (!condition()) {
    assert.ok(!bound.aborted, "it never came to that");
    await nextTurn();
  }
}
