import { gunzipSync } from "node:zlib";
import { must } from "./fault.ts";
import { MessageReader, type Message } from "./message-reader.ts";
import { sign } from "../../src/policies/jwt/testing.ts";
import type { ClientPlan, Plan, RequestPlan } from "./plan.ts";
import type { RemotePeer, SimulatedWire } from "./wire.ts";
import { bodyOf, fieldOf, inChunks, type World } from "./world.ts";

const STATUS_LINE = /^HTTP\/1\.1 ([1-5]\d\d)(?: [\t\x20-\x7e]*)?$/;
const PIECES = [1, 10, 100, 2000, 100_000, 100_000];

const GOOD_TOKEN = sign();
const BAD_TOKEN = `${GOOD_TOKEN.slice(0, -8)}AAAAAAAA`;

interface Script {
  readonly text: string;
  /** Of each request, where it begins, where its head ends, and where it ends. */
  readonly places: readonly { readonly start: number; readonly headEnd: number; readonly end: number }[];
}

/** A client: sends its requests, and checks that each gets its own answer or none. */
export class Client implements RemotePeer {
  readonly #world: World;
  readonly #plan: ClientPlan;
  readonly #wire: SimulatedWire;
  readonly #reader: MessageReader;
  readonly #script: Script;
  #sent = 0;
  /** How many responses, beside interim ones, are complete. */
  #answered = 0;
  #maySendBody = -1;
  #stopped = false;
  #vanished = false;
  #over = false;

  constructor(world: World, plan: ClientPlan, wire: SimulatedWire) {
    this.#world = world;
    this.#plan = plan;
    this.#wire = wire;
    this.#script = scriptOf(plan, world.plan);
    this.#reader = new MessageReader(
      STATUS_LINE,
      (line) => isBodiless(line, plan.requests[this.#answered]?.method),
      { begun: (message) => this.#begun(message), completed: (message) => this.#completed(message) },
    );
  }

  /** Nothing more is expected, and nothing was left out. */
  get done(): boolean {
    return (
      this.#over || this.#vanished || (this.#answered === this.#plan.requests.length && this.#reader.idle)
    );
  }

  /** What a client that was served well has not got; empty when nothing. */
  get missing(): string {
    if (this.#answered === this.#plan.requests.length || this.#stopped) return "";
    return `the client has got ${this.#answered} of ${this.#plan.requests.length} responses, and no more comes`;
  }

  get reads(): boolean {
    if (this.#vanished) return false;
    return !this.#plan.slow || this.#world.hurries || this.#world.random.chance(0.3);
  }

  moves(): (() => void)[] {
    if (this.#over || this.#stopped || this.#vanished) return [];
    if (this.#sent < this.#limit()) return [() => this.#send()];
    // It closes a connection that it needs no more, or keeps it until the gateway does.
    if (this.#answered === this.#plan.requests.length && this.#wire.remotePort % 2 === 0)
      return [() => this.#end()];
    return [];
  }

  /** How far it may send now. */
  #limit(): number {
    const { places } = this.#script;
    const present = places[this.#answered];
    // What was answered before it was whole is still sent to its end.
    if (present === undefined) return places.at(-1)!.end;
    if (!this.#plan.pipelined) return this.#mayFinish(this.#answered) ? present.end : present.headEnd;
    for (let i = this.#answered; i < places.length; i++) if (!this.#mayFinish(i)) return places[i]!.headEnd;
    return places.at(-1)!.end;
  }

  #mayFinish(i: number): boolean {
    return !this.#plan.requests[i]!.expect || i < this.#answered || this.#maySendBody >= i;
  }

  #send(): void {
    const { cutAt } = this.#plan;
    const most = cutAt === 0 ? Infinity : Math.max(0, cutAt - this.#sent);
    const to = Math.min(this.#limit(), this.#sent + Math.min(most, this.#world.random.pick(PIECES)));
    this.#wire.remoteWrites(this.#script.text.slice(this.#sent, to));
    this.#sent = to;
    for (const [i, { headEnd, end }] of this.#script.places.entries()) {
      const record = this.#world.record(this.#plan.requests[i]!.id);
      record.headSent = headEnd <= to;
      record.whollySent = end <= to;
    }
    if (cutAt > 0 && to >= cutAt) this.#cut();
  }

  #cut(): void {
    switch (this.#plan.ending) {
      case "fin":
        this.#stopped = true;
        return this.#wire.remoteEnds();
      case "reset":
        this.#over = true;
        return this.#wire.remoteResets();
      case "vanish":
        this.#vanished = true;
    }
  }

  // --- Responses

  received(text: string): void {
    this.#reader.feed(text);
  }

  #begun(message: Message): void {
    const request = this.#plan.requests[this.#answered];
    must(request !== undefined, `a response that nobody asked for: ${message.startLine}`);
    must(
      this.#sent > this.#script.places[this.#answered]!.start,
      "a response to a request that was not begun",
    );
    const status = statusOf(message.startLine);
    if (status < 200) {
      must(request!.minorVersion === 1, "an interim response to a client of HTTP/1.0");
      if (status === 100) this.#maySendBody = this.#answered;
      return;
    }
    this.#checkHead(message, request!);
    if (!message.fields.some(([name, value]) => name === "connection" && value === "close")) return;
    this.#stopped = true;
  }

  #completed(message: Message): void {
    if (statusOf(message.startLine) < 200) return;
    const request = this.#plan.requests[this.#answered++]!;
    this.#checkBody(message, request);
    if (fieldOf(message.fields, "x-answer") === undefined) return;
    must(
      this.#world.record(request.id).whollyAnswered,
      `the answer to ${request.id} looks whole and was cut short`,
    );
  }

  #checkHead({ fields, startLine }: Message, { id, answer, policy, close }: RequestPlan): void {
    must(
      !close || fieldOf(fields, "connection") === "close",
      `the answer to ${id} does not say that it is the last`,
    );
    const mark = fieldOf(fields, "x-answer");
    if (mark !== undefined) {
      must(mark === String(id), `request ${id} got the answer to ${mark}`);
      must(statusOf(startLine) === answer.status, `request ${id} got the status ${startLine}`);
      return;
    }
    const reply = fieldOf(fields, "x-reply");
    if (reply !== undefined) {
      must(
        reply === String(id) && policy.request.endsWith("reply"),
        `request ${id} got the reply to ${reply}`,
      );
      return;
    }
    if (answer.service === "own" && statusOf(startLine) === 200) return;
    must(statusOf(startLine) >= 400, `request ${id} got ${startLine} from nobody`);
    must(!this.#world.plan.calm, `request ${id} was refused: ${startLine}`);
  }

  #checkBody({ fields, body, complete }: Message, { id, method, answer }: RequestPlan): void {
    if (fieldOf(fields, "x-answer") === undefined) {
      must(!complete || method === "HEAD" || body !== "", `request ${id} got an empty reply`);
      return;
    }
    const bodiless = method === "HEAD" || answer.status === 204 || answer.status === 304;
    const expected = bodiless ? "" : bodyOf("a", id, answer.bodyLength);
    const encoded = fieldOf(fields, "content-encoding") !== undefined;
    if (encoded && (!complete || bodiless)) return;
    const got = encoded ? gunzipSync(Buffer.from(body, "latin1")).toString("latin1") : body;
    must(expected.startsWith(got), `the answer to ${id} has another body`);
    must(
      !complete || got === expected,
      `the answer to ${id} is ${got.length} bytes instead of ${expected.length}`,
    );
  }

  ended(): void {
    this.#reader.ended();
    this.#leave();
    this.#wire.remoteLeaves();
  }

  broken(): void {
    this.#leave();
    this.#wire.remoteLeaves();
  }

  #leave(): void {
    const last = this.#reader.last;
    if (last?.complete === false) this.#checkBody(last, this.#plan.requests[this.#answered]!);
    this.#over = true;
  }

  #end(): void {
    this.#stopped = true;
    this.#wire.remoteEnds();
  }
}

function statusOf(startLine: string): number {
  return Number(startLine.slice(9, 12));
}

function isBodiless(startLine: string, method: string | undefined): boolean {
  const status = statusOf(startLine);
  return status < 200 || status === 204 || status === 304 || method === "HEAD";
}

function scriptOf({ requests }: ClientPlan, plan: Plan): Script {
  let text = "";
  const places = requests.map((request) => {
    const start = text.length;
    text += headOf(request, plan);
    const headEnd = text.length;
    text += framedBody(request);
    return { start, headEnd, end: text.length };
  });
  return { text, places };
}

function headOf(request: RequestPlan, { compress, jwt }: Plan): string {
  const { id, method, minorVersion, framing, answer } = request;
  const blank = request.bad === "head" ? " \0" : "";
  const options = request.close ? "close, x-hop" : minorVersion === 0 ? "keep-alive, x-hop" : "x-hop";
  let head = `${method} /${answer.service}/${id}${blank} HTTP/1.${minorVersion}\r\nHost: gateway\r\nX-Mark: ${id}\r\n`;
  head += `Connection: ${options}\r\nX-Hop: 1\r\n`;
  if (compress) head += "Accept-Encoding: gzip\r\n";
  // Who is calling only the gateway may say.
  if (jwt)
    head += `Authorization: Bearer ${request.token === "good" ? GOOD_TOKEN : BAD_TOKEN}\r\nX-User-Id: 7\r\n`;
  if (request.expect) head += "Expect: 100-continue\r\n";
  if (framing === "length") head += `Content-Length: ${request.bodyLength}\r\n`;
  if (framing === "chunked") head += "Transfer-Encoding: chunked\r\n";
  return `${head}\r\n`;
}

function framedBody({ id, framing, bodyLength, bad }: RequestPlan): string {
  const body = bodyOf("q", id, bodyLength);
  if (framing !== "chunked") return body;
  const chunks = inChunks(body, 1 + ((id * 7919) % 4000));
  return bad === "chunk" ? `${chunks.slice(0, -5)}0x\r\n\r\n` : chunks;
}
