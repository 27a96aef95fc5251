import type { Handler } from "../../core/handler.ts";
import type { Reply } from "../../core/reply.ts";
import { createSigningKey, SigningKeys, type SigningKeyConfig } from "../../callers/signing-keys.ts";
import { bodyOf, testExchange } from "../../testing/exchange.ts";
import { simulatedHost } from "../../simulation/simulated-host.ts";
import { testAround } from "../../testing/around.ts";
import { tokenHandler } from "./handler.ts";
import { tokenConfig } from "./schema.ts";

export const SECRET = "a secret that is long enough for every HMAC algorithm there is: 64+";

/** A handler that signs with `SECRET`, or with `keys` of the name "tokens". */
export function createHandler(
  config: object,
  { loopback = true, keys }: { loopback?: boolean; keys?: readonly SigningKeyConfig[] } = {},
) {
  const host = simulatedHost();
  const signingKeys = new Map<string, SigningKeys>();
  if (keys !== undefined) signingKeys.set("tokens", new SigningKeys(keys.map(createSigningKey), host.clock));
  const signed = keys === undefined ? { secret: SECRET } : { signingKeys: "tokens" };
  const handler = tokenHandler.create(
    tokenConfig.parse({ ...signed, ...config }),
    testAround({ host, signingKeys, gateway: { loopback } }),
  );
  return { handler, clock: host.clock };
}

/** Posts `body` in two pieces, or breaks off instead of the second; `gone`: the client leaves once all is sent. */
export async function post(
  handler: Handler,
  body: string | Buffer,
  {
    headers = {},
    method = "POST",
    breakOff = false,
    gone = false,
  }: { headers?: Readonly<Record<string, string>>; method?: string; breakOff?: boolean; gone?: boolean } = {},
): Promise<Reply> {
  const bytes = Buffer.from(body);
  const x = testExchange({ method, headers, bodyLength: bytes.length });
  const answer = handler.handle(x);
  const { sink } = bodyOf(x);
  if (sink !== undefined) {
    const middle = bytes.length >> 1;
    sink.body(bytes, 0, middle);
    if (breakOff) sink.bodyAborted();
    else if (sink.body(bytes, middle, bytes.length)) sink.bodyEnd(undefined);
  }
  x.finished = gone;
  const reply = await answer;
  if (reply === undefined) throw new Error("the handler gave no reply");
  return reply;
}

export function json(reply: Reply): Record<string, unknown> {
  if (typeof reply.body !== "string") throw new Error("the reply has no text");
  return JSON.parse(reply.body) as Record<string, unknown>;
}

export function header(reply: Reply, name: string): string | undefined {
  const at = (reply.headers ?? []).indexOf(name);
  return at === -1 ? undefined : reply.headers?.[at + 1];
}
