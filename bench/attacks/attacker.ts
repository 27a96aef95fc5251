/** A process that attacks: the kind and the port come from the environment; it ends with whoever started it. */
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { attacks } from "./kinds.ts";
import type { SocketAttack } from "./kinds.ts";

/** New connections a second at most: an attacker that spends its core on connecting would only attack the client. */
const opensPerSecond = 1000;
/** Addresses of its own, so that what is counted by address does not count for the honest client, and more than one where it has many connections. */
const connectionsPerAddress = 500;
/** A connection that the gateway has closed is opened again after this. */
const againMs = 50;

const port = Number(process.env["ATTACK_PORT"]);
const attack = attacks.find(({ name }) => name === process.env["ATTACK"])?.sockets;
if (attack === undefined) throw new Error("ATTACK names no attack with sockets");
process.once("disconnect", () => process.exit(0));
process.once("SIGTERM", () => process.exit(0));
for (let opened = 0; opened < attack.connections; opened++) {
  open(attack, `127.0.0.${2 + Math.floor(opened / connectionsPerAddress)}`);
  if (opened % 10 === 9) await sleep((10 * 1000) / opensPerSecond);
}

function open(kind: SocketAttack, localAddress: string): void {
  const { opening, next, reads } = kind;
  const socket = connect({ port, host: "127.0.0.1", localAddress });
  if (reads) socket.resume();
  else socket.pause();
  let timer: NodeJS.Timeout | undefined;
  const send = (): void => {
    let taken = next !== undefined;
    while (taken && socket.writable) taken = socket.write(next!.bytes);
  };
  socket.on("error", () => {});
  socket.once("connect", () => {
    socket.write(opening);
    if (next === undefined) return;
    if (next.everyMs === 0) {
      socket.on("drain", send);
      send();
    } else {
      timer = setInterval(() => socket.write(next.bytes), next.everyMs);
    }
  });
  socket.once("close", () => {
    clearInterval(timer);
    setTimeout(() => open(kind, localAddress), againMs);
  });
}
