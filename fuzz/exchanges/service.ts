import { must } from "./fault.ts";
import { MessageReader, type Message } from "./message-reader.ts";
import { bringsBody, type AnswerPlan, type RequestPlan } from "./plan.ts";
import type { RemotePeer, SimulatedWire } from "./wire.ts";
import { bodyOf, fieldOf, inChunks, type Arrival, type RequestRecord, type World } from "./world.ts";

const REQUEST_LINE = /^(?:GET|HEAD|POST|PUT|DELETE) \/(?:one|two)\/\d+ HTTP\/1\.1$/;
const PIECES = [1, 10, 100, 2000, 400_000, 400_000];
/** What looks like an answer to whoever takes bytes that nobody asked for as one. */
const STRAY = "HTTP/1.1 200 OK\r\nx-answer: 0\r\ncontent-length: 5\r\n\r\nstray";

/** An answer on its way. */
interface Answering {
  readonly record: RequestRecord;
  readonly arrival: Arrival;
  readonly message: Message;
  readonly dueMs: number;
  readonly text: string;
  sent: number;
}

/** A service's end of one connection: checks what comes, and answers as it is planned. */
export class ServiceEnd implements RemotePeer {
  readonly #world: World;
  readonly #wire: SimulatedWire;
  readonly #reader: MessageReader;
  readonly #service: AnswerPlan["service"];
  #answering: Answering | undefined = undefined;
  /** Why no other request may come here. */
  #spoilt = "";
  #requests = 0;
  #last: Arrival | undefined = undefined;
  /** Sent once it is idle again. */
  #surplusLater = false;
  #stalled = false;
  #received = 0;
  /** Where in what was received the present request begins. */
  #begins = 0;

  constructor(world: World, wire: SimulatedWire, service: AnswerPlan["service"]) {
    this.#world = world;
    this.#wire = wire;
    this.#service = service;
    this.#reader = new MessageReader(REQUEST_LINE, () => false, {
      begun: (message) => this.#begun(message),
      completed: (message) => this.#completed(message),
    });
  }

  get reads(): boolean {
    return true;
  }

  moves(): (() => void)[] {
    const answering = this.#answering;
    if (answering === undefined) return this.#surplusLater ? [() => this.#sendLate()] : [];
    const { when } = answering.record.plan.answer;
    if (this.#stalled || when === "never" || this.#world.now() < answering.dueMs) return [];
    if (when === "body" && !answering.message.complete) return [];
    return [() => this.#answer(answering)];
  }

  // --- Requests

  received(text: string): void {
    if (this.#reader.idle) this.#begins = this.#received;
    this.#received += text.length;
    this.#reader.feed(text);
  }

  #begun(message: Message): void {
    must(this.#spoilt === "", `a request came on a connection ${this.#spoilt}`);
    must(this.#answering === undefined, "a request came before the answer to the one before it was complete");
    must(
      this.#begins < this.#wire.writtenWhenWatched,
      "a request was sent on a connection on which bytes had come that nobody asked for",
    );
    const { startLine, fields } = message;
    const id = Number(fieldOf(fields, "x-mark"));
    const arrival = this.#world.arrive(id, this.#requests++ === 0);
    const record = this.#world.record(id);
    const { answer, method } = record.plan;
    must(startLine === `${method} /${answer.service}/${id} HTTP/1.1`, `request ${id} came as ${startLine}`);
    must(answer.service === this.#service, `request ${id} came to another service`);
    must(fieldOf(fields, "x-hop") === undefined, `request ${id} came with a field of its connection`);
    must(fieldOf(fields, "x-forwarded-for") === record.address, `request ${id} came from somebody else`);
    fieldOf(fields, "host");
    if (this.#world.plan.jwt) {
      must(record.plan.token === "good", `request ${id} passed with a bad token`);
      must(fieldOf(fields, "x-user-id") === "1", `request ${id} came with a caller that it named itself`);
    }
    const dueMs = this.#world.now() + answer.delayMs;
    this.#answering = { record, arrival, message, dueMs, text: textOf(record.plan), sent: 0 };
    this.#last = arrival;
    if (this.#stalled) arrival.stale = true;
  }

  #completed(message: Message): void {
    const { plan, whollySent } = this.#world.record(Number(fieldOf(message.fields, "x-mark")));
    must(message.body === bodyOf("q", plan.id, plan.bodyLength), `request ${plan.id} came with another body`);
    must(plan.bad === "no", `request ${plan.id}, which is malformed, came as if it were whole`);
    must(plan.bodyLength <= this.#world.plan.bodyLimit, `request ${plan.id} is larger than it may be`);
    must(whollySent, `request ${plan.id} came whole before the client had sent it`);
  }

  #checkPart(): void {
    const message = this.#reader.last;
    if (message === undefined || message.complete) return;
    const { plan } = this.#world.record(Number(fieldOf(message.fields, "x-mark")));
    const expected = bodyOf("q", plan.id, plan.bodyLength);
    must(expected.startsWith(message.body), `request ${plan.id} came with another body`);
  }

  ended(): void {
    this.#leave();
  }

  broken(): void {
    this.#leave();
  }

  #leave(): void {
    this.#checkPart();
    this.#answering = undefined;
    this.#surplusLater = false;
    this.#wire.remoteLeaves();
  }

  // --- Answers

  #answer(answering: Answering): void {
    const { text, record, arrival, sent } = answering;
    const { answer } = record.plan;
    const end = Math.floor(text.length * answer.cut);
    answering.sent = Math.min(end, sent + this.#world.random.pick(PIECES));
    if (answering.sent > sent) {
      arrival.answered = true;
      this.#wire.remoteWrites(text.slice(sent, answering.sent));
    }
    if (answering.sent < end) return;
    if (answer.cut < 1) return this.#cut(answer.ending);
    record.whollyAnswered = true;
    this.#finish(answering);
  }

  #cut(ending: AnswerPlan["ending"]): void {
    if (ending === "stall") this.#stalled = true;
    else this.#close(ending === "reset" || this.#isUntilClose() ? "reset" : "fin");
  }

  /** Whether an end would look like the whole answer. */
  #isUntilClose(): boolean {
    if (this.#answering === undefined) return false;
    const { method, answer } = this.#answering.record.plan;
    return answer.framing === "close" && !isBodiless(method, answer.status);
  }

  #finish({ record }: Answering): void {
    const { answer, method } = record.plan;
    const ending = this.#isUntilClose() ? "fin" : answer.ending;
    // What follows a body that the end of the connection ends is more of it.
    const surplus = this.#isUntilClose() ? "no" : answer.surplus;
    this.#answering = undefined;
    if (surplus === "answer" || surplus === "byte") {
      this.#wire.remoteWritesGlued(surplus === "answer" ? STRAY : "x");
      this.#spoilt = "on which more than the answer was sent";
    }
    if (surplus === "later") this.#surplusLater = true;
    if (answer.close || answer.minorVersion === 0) this.#spoilt = "that the service does not keep";
    if (bringsBody(record.plan) && (method === "GET" || method === "HEAD" || method === "DELETE"))
      this.#spoilt = "that a body which services do not read went over";
    if (ending !== "keep" && ending !== "stall") this.#close(ending);
  }

  #sendLate(): void {
    this.#surplusLater = false;
    this.#wire.remoteWrites("x");
    this.#wire.watched = this.#wire.inward.written;
    if (this.#last !== undefined) this.#last.stale = true;
    // What is on its way to each other may cross: a request that comes now is refused or sent again, and not answered.
    this.#stalled = true;
  }

  #close(ending: "fin" | "reset"): void {
    if (this.#last !== undefined) {
      this.#last.stale = true;
      // A reset overtakes what was sent before it.
      if (ending === "reset") this.#last.answered = false;
    }
    this.#checkPart();
    this.#answering = undefined;
    if (ending === "reset") this.#wire.remoteResets();
    else this.#wire.remoteLeaves();
  }
}

function isBodiless(method: string, status: number): boolean {
  return method === "HEAD" || status === 204 || status === 304;
}

function textOf({ id, method, answer }: RequestPlan): string {
  const { status, minorVersion, framing } = answer;
  let text = "";
  if (minorVersion === 1)
    for (let i = 0; i < answer.interims; i++)
      text += i === 0 ? "HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n" : "HTTP/1.1 100 Continue\r\n\r\n";
  text += `HTTP/1.${minorVersion} ${status} Status\r\nx-answer: ${id}\r\ncontent-type: text/plain\r\n`;
  if (answer.close) text += "connection: close\r\n";
  if (status !== 204 && framing === "length") text += `content-length: ${answer.bodyLength}\r\n`;
  if (status !== 204 && framing === "chunked") text += "transfer-encoding: chunked\r\n";
  text += "\r\n";
  if (isBodiless(method, status)) return text;
  const body = bodyOf("a", id, answer.bodyLength);
  return text + (framing === "chunked" ? inChunks(body, 1 + ((id * 104_729) % 5000)) : body);
}
