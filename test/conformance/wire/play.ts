import assert from "node:assert/strict";
import { setImmediate as nextTurn } from "node:timers/promises";
import { HTTP_REFUSALS } from "../../../src/http/refusals.ts";
import { RawPeer, type RawMessage } from "../../e2e/raw-peer.ts";
import { get, type ClientCase } from "./client-case.ts";

/** The further request behind each case: it is answered, or the connection has ended and nobody sees it. */
export const AFTER = "/after";

const STATUS = new Map(HTTP_REFUSALS.map(({ code, status }) => [code, status]));

/** Whether the connection ends behind the last answer of a case. */
export function ends({ answers, ends }: ClientCase): boolean {
  return ends ?? answers.some((answer) => isRefusal(answer) && answer !== "http.loop");
}

function isRefusal(answer: string | number): answer is string {
  return typeof answer === "string" && answer.startsWith("http.");
}

/** How the bytes of a case are cut. */
export type Pieces = (bytes: string) => readonly string[];

export const whole: Pieces = (bytes) => [bytes];
export const bytesOf: Pieces = (bytes) => bytes.split("");

/** Cut somewhere, and at the same place each time. */
export const twoPieces: Pieces = (bytes) => {
  let hash = 7;
  for (let i = 0; i < Math.min(bytes.length, 500); i++) hash = (hash * 31 + bytes.charCodeAt(i)) >>> 0;
  const cut = 1 + (hash % Math.max(1, Math.min(bytes.length, 3000) - 1));
  return [bytes.slice(0, cut), bytes.slice(cut)];
};

/** Sends a case to the gateway, and checks the answers; `ok` may be any where the service is not ours. */
export async function play(
  one: ClientCase,
  port: number,
  pieces: Pieces,
  anyService: boolean,
): Promise<void> {
  const client = await RawPeer.connect(port);
  const isHead = one.bytes.startsWith("HEAD ");
  let { later } = one;
  const take = async (bodiless: boolean): Promise<RawMessage> => {
    const message = await client.takeMessage(bodiless);
    if (later !== undefined) client.write(later + get(AFTER));
    later = undefined;
    return message;
  };
  await send(client, pieces(one.bytes), later === undefined ? get(AFTER) : "");
  for (const [i, answer] of one.answers.entries())
    checkAnswer(await takeAnswer(take, one, isHead && i === 0), answer, anyService);
  if (!ends(one)) checkAnswer(await takeAnswer(take, one, false), "ok", anyService);
  else {
    await client.ended();
    assert.equal(client.received, "", "nothing follows the last answer");
  }
  client.destroy();
}

async function send(client: RawPeer, pieces: readonly string[], behind: string): Promise<void> {
  for (const [i, piece] of pieces.entries()) {
    const isLast = i === pieces.length - 1;
    client.write(isLast ? piece + behind : piece);
    // Turns in which what was written comes to the gateway, and by itself.
    if (!isLast) for (let turns = 0; turns < 2; turns++) await nextTurn();
  }
}

/** The next answer that is not interim; 100 is only said to whom the service answers. */
async function takeAnswer(
  take: (bodiless: boolean) => Promise<RawMessage>,
  one: ClientCase,
  isHead: boolean,
): Promise<RawMessage> {
  const message = await take(isHead);
  if (!message.line.startsWith("HTTP/1.1 100 ")) return message;
  const answer = await take(isHead);
  assert.ok(one.begun !== undefined || !answer.body.includes('"code"'), `100, and then ${answer.body}`);
  return answer;
}

function checkAnswer(
  { line, headers, body }: RawMessage,
  answer: string | number,
  anyService: boolean,
): void {
  if (typeof answer === "number") return assert.match(line, new RegExp(`^HTTP/1.1 ${answer} `));
  if (answer === "ok") {
    if (!anyService) assert.match(line, /^HTTP\/1.1 200 /, body);
    return;
  }
  assert.equal(JSON.parse(body).code, answer, line);
  assert.match(headers.get("content-type")!, /^application\/problem\+json/);
  const status = STATUS.get(answer);
  if (status !== undefined) assert.match(line, new RegExp(`^HTTP/1.1 ${status} `));
}

/** Somewhere in the bytes of a case, and at the same place each time. */
export function cutOf({ bytes }: ClientCase): number {
  let hash = 7;
  for (let i = 0; i < Math.min(bytes.length, 500); i++) hash = (hash * 31 + bytes.charCodeAt(i)) >>> 0;
  return 1 + (hash % Math.max(1, Math.min(bytes.length, 3000) - 1));
}
