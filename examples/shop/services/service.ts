/** What the shop's services share: paths to answers, answers to JSON over `node:http`. */
import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";

export interface Answer {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Answers one method of one path. `id` is the decoded last segment of an item's path, and empty elsewhere. */
export type Answerer = (request: IncomingMessage, id: string) => Answer | Promise<Answer>;

/** The methods of one path, as `{ GET: ... }`. HEAD comes with GET. */
export type Methods = Readonly<Partial<Record<"GET" | "POST", Answerer>>>;

export interface ServiceOptions {
  /** `/users` is that path and no other; `/users/{id}` has one non-empty segment more. */
  readonly paths: Readonly<Record<string, Methods>>;
  /** Called once, when the last connection is gone. */
  readonly close: () => void;
}

/** Thrown by an answerer to refuse a request with `{ "error": message }`. */
export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.status = status;
    this.headers = headers;
  }
}

/** How long the requests in flight have to finish, once a service stops. */
const graceMs = 5_000;

/** Answers 200 with this body. */
export function ok(body: unknown): Answer {
  return { status: 200, body };
}

/** Makes a service that does not listen yet. It answers `GET /health` beside its own paths. */
export function createService(options: ServiceOptions): Server {
  // A Map, since `paths["__proto__"]` would find what nobody put there.
  const paths = new Map<string, Methods>([
    ["/health", { GET: () => ok({ status: "ok" }) }],
    ...Object.entries(options.paths),
  ]);

  const server = createServer(
    {
      // Longer than a proxy keeps an idle connection, so that the proxy is the side that closes it:
      // the other way round, a request can cross with the close and be lost.
      keepAliveTimeout: 75_000,
      // More than the gateway lets through, so that there is one place where the limit is set.
      maxHeaderSize: 64 * 1024,
      // A body that trickles in holds a connection no longer than this.
      requestTimeout: 30_000,
    },
    (request, response) => {
      void respond(paths, request, response, server);
    },
  );
  // Past its maximum Node drops headers without a word, the identity headers perhaps among them.
  server.maxHeadersCount = 0;
  server.once("close", options.close);
  return server;
}

/** Takes no more connections, lets what is in flight finish for `graceMs`, then closes what is left. */
export function stopService(server: Server, onStopped: () => void): void {
  const timer = setTimeout(() => server.closeAllConnections(), graceMs);
  server.close(() => {
    clearTimeout(timer);
    onStopped();
  });
}

/** Never rejects: a fault while answering is a 500, and the next request works. */
async function respond(
  paths: ReadonlyMap<string, Methods>,
  request: IncomingMessage,
  response: ServerResponse,
  server: Server,
): Promise<void> {
  let answer: Answer;
  try {
    answer = await find(paths, request);
  } catch (error) {
    if (request.destroyed && !request.complete) return; // the client left before its body ended
    answer = answerError(error);
  }
  const text = JSON.stringify(answer.body);
  response.writeHead(answer.status, {
    ...answer.headers,
    "Content-Type": "application/json",
    "Content-Length": Buffer.byteLength(text),
    // While the service stops, a kept-alive connection would hold it until its time is up.
    ...(server.listening ? {} : { Connection: "close" }),
  });
  response.end(text);
}

function answerError(error: unknown): Answer {
  if (error instanceof Refusal) {
    return { status: error.status, body: { error: error.message }, headers: error.headers };
  }
  console.error(error);
  return { status: 500, body: { error: "Internal error" } };
}

function find(paths: ReadonlyMap<string, Methods>, request: IncomingMessage): Answer | Promise<Answer> {
  const path = (request.url ?? "").replace(/\?.*$/s, "");
  const exact = paths.get(path);
  if (exact !== undefined) return call(exact, request, "");

  const slash = path.lastIndexOf("/");
  const id = decode(path.slice(slash + 1));
  const item = id === "" ? undefined : paths.get(`${path.slice(0, slash)}/{id}`);
  if (item === undefined) throw new Refusal(404, "Not found");
  return call(item, request, id);
}

function call(methods: Methods, request: IncomingMessage, id: string): Answer | Promise<Answer> {
  const { GET, POST } = methods;
  if (GET !== undefined && (request.method === "GET" || request.method === "HEAD")) return GET(request, id);
  if (POST !== undefined && request.method === "POST") return POST(request, id);
  const allowed = Object.keys(methods).flatMap((method) => (method === "GET" ? ["GET", "HEAD"] : [method]));
  throw new Refusal(405, "Method not allowed", { Allow: allowed.join(", ") });
}

/** Decodes a segment; one that stands for no text (`%ff`, `%zz`) names nothing and becomes empty. */
function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return "";
  }
}
