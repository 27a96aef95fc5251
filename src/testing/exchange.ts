import { Exchange } from "../core/exchange.ts";
import { InFlight } from "../core/in-flight.ts";
import type { BodySink, RequestBody, ResponseSink } from "../core/legs.ts";
import { createRoute } from "../core/route.ts";
import type { Snapshot } from "../core/snapshot.ts";
import { requestHead, UNKNOWN_LENGTH } from "../http/head.ts";
import { HeaderList } from "../http/headers.ts";
import { simulatedHost } from "./simulated-host.ts";

export interface TestRequest {
  readonly method?: string;
  /** Path with query. */
  readonly target?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** The client's IP address; 127.0.0.1 unless told. */
  readonly address?: string;
  readonly scheme?: "http" | "https";
  /** The authority that a trusted proxy tells of; none unless told. */
  readonly forwardedHost?: string;
  /** Host and port that the client names; gateway.test unless told. */
  readonly authority?: string;
  readonly bodyLength?: number;
}

const route = createRoute({
  name: "test",
  pattern: "/*",
  handler: { handle: () => ({ status: 204 }) },
  limits: { bodyBytes: 1024 },
});

const snapshot: Snapshot = {
  host: simulatedHost(),
  events: { tell: () => {} },
  name: "portcullis",
  identityHeaders: [],
  observers: [],
  inFlight: new InFlight(),
  routes: [route],
  unrouted: route,
  assignRoute: () => {},
};

const silentClient: ResponseSink = {
  interim: () => {},
  head: () => {},
  body: () => true,
  end: () => {},
  truncate: () => {},
  finished: () => {},
};

/** The body of a request that a test gives by hand to the sink which reads it. */
export class TestBody implements RequestBody {
  sink: BodySink | undefined = undefined;
  /** Called whenever a sink reads. */
  wanted: (sink: BodySink) => void = () => {};

  readTo(sink: BodySink): void {
    this.sink = sink;
    this.wanted(sink);
  }

  leave(): void {
    this.sink = undefined;
  }

  abort(): void {
    const { sink } = this;
    this.sink = undefined;
    sink?.bodyAborted();
  }
}

/** What the client of a `testExchange` sends, as long as no policy has put another body in its place. */
export function bodyOf(x: Exchange): TestBody {
  const { requestBody } = x;
  if (requestBody instanceof TestBody) return requestBody;
  throw new Error("the body is not the client's own any more");
}

/** An exchange whose client is nobody: what a policy's hooks need to be called in a test. */
export function testExchange(request: TestRequest = {}): Exchange {
  const target = request.target ?? "/";
  const mark = target.indexOf("?");
  const headers = new HeaderList();
  for (const [name, value] of Object.entries(request.headers ?? {}))
    headers.append(name.toLowerCase(), value);
  return new Exchange(
    snapshot,
    // One of its own: tests lay their own functions over it.
    { ...silentClient },
    new TestBody(),
    {
      address: request.address ?? "127.0.0.1",
      scheme: request.scheme ?? "http",
      host: request.forwardedHost ?? "",
      serverName: "",
    },
    requestHead(
      request.method ?? "GET",
      mark === -1 ? target : target.slice(0, mark),
      mark === -1 ? "" : target.slice(mark),
      request.authority ?? "gateway.test",
      "1.1",
      headers,
      request.bodyLength ?? 0,
    ),
    "0123456789abcdef",
    "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    0,
  );
}

/** Gives `x` the response that its response hooks will see. */
export function testResponse(
  x: Exchange,
  status: number,
  headers: Readonly<Record<string, string>> = {},
  bodyLength = UNKNOWN_LENGTH,
): void {
  x.response = {
    status,
    headers: new HeaderList(Object.entries(headers).flatMap(([name, value]) => [name.toLowerCase(), value])),
    bodyLength,
  };
}
