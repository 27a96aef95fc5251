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

async function turnsUntil(condition: () => boolean): Promise<void> {
  const bound = AbortSignal.timeout(20_000);
  while (!condition()) {
    assert.ok(!bound.aborted, "it never came to that");
    await nextTurn();
  }
}
