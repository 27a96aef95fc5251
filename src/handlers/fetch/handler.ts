import type { Exchange } from "../../core/exchange.ts";
import type { Handler } from "../../core/handler.ts";
import { addOutgoingFields } from "../../core/outgoing-fields.ts";
import { Deadlines } from "../../host/deadlines.ts";
import { LATE, settleWithin } from "../../host/settle-within.ts";
import { refuse, type Reply } from "../../core/reply.ts";
import { isAnswered } from "../../core/respond.ts";
import { isEndToEnd } from "../../http/header-names.ts";
import type { HandlerKind } from "../../contract/handler-kind.ts";
import { FETCH_TIMEOUT, UNREPRESENTABLE } from "./refusals.ts";
import { RequestBody } from "./request-body.ts";
import { fetchConfig, type FetchFunction } from "./schema.ts";

/** Answers with a function of the config, in the gateway's own process. */
export const fetchHandler: HandlerKind<"fetch", typeof fetchConfig> = {
  name: "fetch",
  summary: "Answers with a function (request, exchange) => Response; only in a config in TypeScript.",
  config: fetchConfig,
  refusals: [UNREPRESENTABLE, FETCH_TIMEOUT],
  create({ answer, timeout }, { host }): Handler {
    const deadlines = new Deadlines(host.clock);
    return {
      handle: (x) =>
        callFunction(x, answer, (response) =>
          settleWithin(timeout, response, host.clock, deadlines, (unseen) => unseen.body?.cancel()),
        ),
    };
  },
};

/**
 * The signal of a `Request` is aborted only as long as the `Request` itself lives, and a function may keep no more than the signal:
 * each lives as long as what aborts it.
 */
const requests = new WeakMap<AbortController, Request>();

function callFunction(
  x: Exchange,
  answer: FetchFunction,
  inTime: (response: Promise<Response>) => Promise<Response | typeof LATE>,
): Reply | Promise<Reply> {
  const abort = new AbortController();
  let request: Request;
  try {
    request = createRequest(x, abort.signal);
  } catch {
    return refuse(UNREPRESENTABLE);
  }
  requests.set(abort, request);
  x.source = { resume: () => {}, cancel: () => abort.abort() };
  const response = answer(request, {
    id: x.id,
    params: x.params,
    caller: x.caller,
    clientAddress: x.client.address,
  });
  return response instanceof Promise
    ? replyLater(x, inTime(response), abort)
    : createReply(x, response, abort);
}

async function replyLater(
  x: Exchange,
  response: Promise<Response | typeof LATE>,
  abort: AbortController,
): Promise<Reply> {
  try {
    const given = await response;
    if (given !== LATE) return createReply(x, given, abort);
    abort.abort();
    return refuse(FETCH_TIMEOUT);
  } catch (error) {
    // Work that stopped because its client went away, or its request was refused, has not failed.
    if (isAnswered(x) && abort.signal.aborted) return UNSEEN;
    throw error;
  }
}

/** A reply that nobody is left to see. */
const UNSEEN: Reply = { status: 503 };

function createRequest(x: Exchange, signal: AbortSignal): Request {
  const { request, client } = x;
  const headers = new Headers();
  if (request.authority !== "") headers.set("host", request.authority);
  addOutgoingFields(x, headers, append);
  if (request.bodyLength > 0) headers.set("content-length", String(request.bodyLength));

  const { method } = request;
  // A GET has no body there, whatever a client sends.
  const bodiless = request.bodyLength === 0 || method === "GET" || method === "HEAD";
  const host = request.authority === "" ? "localhost" : request.authority;
  return new Request(`${client.scheme}://${host}${request.path}${request.query}`, {
    method,
    headers,
    signal,
    ...(bodiless ? {} : { body: new RequestBody(x).stream, duplex: "half" }),
  });
}

function append(headers: Headers, name: string, value: string): Headers {
  headers.append(name, value);
  return headers;
}

function createReply(x: Exchange, response: Response, abort: AbortController): Reply {
  // Other implementations of the standard have classes of their own, so the shape counts.
  if (!(response?.headers instanceof Object) || !(response.status >= 200)) {
    throw new TypeError("the function of a fetch handler must return a Response");
  }
  if (response.bodyUsed) throw new TypeError("the body of the Response has been used already");
  if (isAnswered(x)) {
    void response.body?.cancel().catch(() => {});
    return UNSEEN;
  }
  const { status, body } = response;
  const headers: string[] = [];
  for (const [name, value] of response.headers) {
    if (!isEndToEnd(name)) continue;
    // What `fetch` got is decoded, and still says that it is encoded.
    if (name === "content-encoding" && response.url) continue;
    headers.push(name, value);
  }
  return body === null ? { status, headers } : { status, headers, body: abortWhenCancelled(body, abort) };
}

/** `body`, whose cancellation also tells the function's own work to stop. */
function abortWhenCancelled(
  body: ReadableStream<Uint8Array>,
  abort: AbortController,
): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { done, value } = await reader.read();
        if (done) controller.close();
        else controller.enqueue(value);
      },
      async cancel(reason) {
        abort.abort();
        await reader.cancel(reason);
      },
    },
    { highWaterMark: 0 },
  );
}
