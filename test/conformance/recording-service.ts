import net from "node:net";
import { readStrictly, type StrictRequest } from "./strict-reading.ts";

export interface RecordedRequest extends StrictRequest {
  /** The connection it came on. */
  readonly socket: net.Socket;
}

/** What has come to the service. */
export interface Recorded {
  /** The whole messages, in their order. */
  readonly requests: readonly RecordedRequest[];
  /** What was no whole message. */
  readonly beginnings: readonly string[];
  /** What had no single reading. */
  readonly faults: readonly string[];
}

/** What the service says, as latin1. */
export interface Answers {
  /** To a whole message. */
  whole(request: StrictRequest): string;
  /** To one that has only begun, which is then answered by nothing else; undefined: it waits for the rest. */
  begun?(text: string): string | undefined;
}

/** A service that reads what it gets as strictly as can be, keeps it, and answers what has one reading. */
export class RecordingService {
  readonly #answers: Answers;
  readonly #requests: RecordedRequest[] = [];
  readonly #faults: string[] = [];
  /** What came and was no whole message, of connections that have ended. */
  readonly #brokenOff: string[] = [];
  readonly #server: net.Server;
  /** Each connection, and what has come on it and is no whole message yet. */
  readonly #rests = new Map<net.Socket, string>();

  private constructor(answers: Answers) {
    this.#answers = answers;
    this.#server = net.createServer((socket) => this.#serve(socket));
  }

  static async listen(answers: Answers): Promise<RecordingService> {
    const service = new RecordingService(answers);
    await new Promise<void>((resolve) => service.#server.listen(0, "127.0.0.1", resolve));
    return service;
  }

  get port(): number {
    return (this.#server.address() as net.AddressInfo).port;
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#rests.keys()) socket.destroy();
  }

  /** Connections on which a message has begun and not ended. */
  get unfinished(): number {
    return [...this.#rests.values()].filter((rest) => rest !== "").length;
  }

  /** What has come since the last call. */
  take(): Recorded {
    const begun = [...this.#rests.values()].filter((rest) => rest !== "");
    return {
      requests: this.#requests.splice(0),
      beginnings: [...this.#brokenOff.splice(0), ...begun],
      faults: this.#faults.splice(0),
    };
  }

  #serve(socket: net.Socket): void {
    this.#rests.set(socket, "");
    socket.setNoDelay(true);
    let answeredEarly = false;
    socket.on("data", (bytes: Buffer) => {
      const { requests, rest, fault } = readStrictly(this.#rests.get(socket)! + bytes.toString("latin1"));
      this.#rests.set(socket, rest);
      for (const request of requests) {
        this.#requests.push({ ...request, socket });
        if (!answeredEarly) socket.write(this.#answers.whole(request), "latin1");
      }
      const early = answeredEarly ? undefined : this.#answers.begun?.(rest);
      if (early !== undefined) {
        answeredEarly = true;
        socket.write(early, "latin1");
      }
      if (fault === undefined) return;
      this.#faults.push(fault);
      socket.destroy();
    });
    socket.on("error", () => {});
    socket.on("close", () => {
      const rest = this.#rests.get(socket)!;
      if (rest !== "") this.#brokenOff.push(rest);
      this.#rests.delete(socket);
    });
  }
}
