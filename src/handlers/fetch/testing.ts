import assert from "node:assert/strict";
import type { Exchange } from "../../core/exchange.ts";
import type { ResponseSink } from "../../core/legs.ts";
import type { Reply } from "../../core/reply.ts";
import { bodyOf, testExchange, type TestBody, type TestRequest } from "../../testing/exchange.ts";
import { testAround } from "../../testing/around.ts";
import { fetchHandler } from "./handler.ts";
import { fetchConfig, type FetchFunction } from "./schema.ts";

/** A handler whose function is `answer`. */
export function createHandler(answer: FetchFunction) {
  return fetchHandler.create(fetchConfig.parse(answer), testAround());
}

/** What the function replies to one exchange. */
export async function ask(answer: FetchFunction, x: Exchange = testExchange()): Promise<Reply> {
  const reply = await createHandler(answer).handle(x);
  assert.ok(reply !== undefined);
  return reply;
}

/** An exchange whose client takes the response like this, and gives its body where it is `wanted`. */
export function exchangeWith(
  request: TestRequest,
  { wanted, ...sink }: Partial<ResponseSink> & { readonly wanted?: TestBody["wanted"] },
): Exchange {
  const x = testExchange(request);
  Object.assign(x.responseSink, sink);
  if (wanted !== undefined) bodyOf(x).wanted = wanted;
  return x;
}

export async function textOf(reply: Reply): Promise<string> {
  assert.ok(reply.body === undefined || reply.body instanceof ReadableStream);
  return new Response(reply.body ?? null).text();
}
