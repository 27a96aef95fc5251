import assert from "node:assert/strict";
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

/** Sends a case to the gateway, in two pieces if it is cut, and checks the answers; `ok` may be any where the service is not ours. */
export async function play(one: ClientCase, port: number, cut: number, anyService: boolean): Promise<void> {
  const client = await RawPeer.connect(port);
  const bytes = one.bytes + get(AFTER);
  client.write(bytes.slice(0, cut));
  if (cut < bytes.length) {
    for (let turns = 0; turns < 3; turns++) await new Promise((resolve) => setImmediate(resolve));
    client.write(bytes.slice(cut));
  }
  const isHead = one.bytes.startsWith("HEAD ");
  for (const [i, answer] of one.answers.entries())
    checkAnswer(await takeAnswer(client, isHead && i === 0), answer, anyService);
  if (!ends(one)) checkAnswer(await takeAnswer(client, false), "ok", anyService);
  else {
    await client.ended();
    assert.equal(client.received, "", "nothing follows the last answer");
  }
  client.destroy();
}

/** The next answer that is not interim; 100 is only said to whom the service answers. */
async function takeAnswer(client: RawPeer, isHead: boolean): Promise<RawMessage> {
  const message = await client.takeMessage(isHead);
  if (!message.line.startsWith("HTTP/1.1 100 ")) return message;
  const answer = await client.takeMessage(isHead);
  assert.ok(!answer.body.includes('"code"'), `100, and then ${answer.body}`);
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
