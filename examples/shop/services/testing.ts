/** What the services' tests share: a service on a free port, and requests sent byte for byte. */
import { once } from "node:events";
import { request } from "node:http";
import type { IncomingHttpHeaders, OutgoingHttpHeaders, Server } from "node:http";
import type { TestContext } from "node:test";
import { text } from "node:stream/consumers";

export interface Call {
  readonly method?: string;
  readonly headers?: OutgoingHttpHeaders;
  readonly body?: string | Uint8Array;
}

export interface Result {
  readonly status: number | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** The text as JSON; undefined when there is none. */
  readonly json: unknown;
}

/** Sends `path` as it stands: `fetch` would tidy it up first. */
export async function send(port: number, path: string, options: Call = {}): Promise<Result> {
  const { method = "GET", headers = {}, body } = options;
  const outgoing = request({ host: "127.0.0.1", port, path, method, headers, agent: false });
  const answered = once(outgoing, "response");
  outgoing.end(body);
  const [response] = await answered;
  const received: string = await text(response);
  return {
    status: response.statusCode,
    headers: response.headers,
    text: received,
    json: received === "" ? undefined : JSON.parse(received),
  };
}

/** Starts a service for one test (or suite) and returns its port. */
export async function start(context: Pick<TestContext, "after">, server: Server): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  context.after(async () => {
    if (!server.listening) return;
    const closed = once(server, "close");
    server.close();
    server.closeAllConnections();
    await closed;
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("listens on no port");
  return address.port;
}
