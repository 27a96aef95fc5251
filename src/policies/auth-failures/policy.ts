import type { z } from "zod";
import type { Events, GatewayEvent } from "../../core/events.ts";
import type { Exchange } from "../../core/exchange.ts";
import type { Policy } from "../../core/policy.ts";
import type { Around } from "../../contract/around.ts";
import type { PolicyKind } from "../../contract/policy-kind.ts";
import { refuse, type Reply } from "../../core/reply.ts";
import type { Host } from "../../host/host.ts";
import type { RefusalKind } from "../../http/refusal.ts";
import { formatPath } from "../../lib/config-path.ts";
import { addressNetwork } from "../../lib/ip-address.ts";
import { addressAdder } from "../../zones/address-key.ts";
import { KeyedHash } from "../../zones/keyed-hash.ts";
import type { LimitTable } from "../../zones/limit-table.ts";
import { bucketTicks, TokenBucket } from "../../zones/token-bucket.ts";
import { authFailuresConfig } from "./schema.ts";

const EXCEEDED: RefusalKind = {
  code: "authFailures.exceeded",
  status: 429,
  title: "Too many failed authentications",
  detail: "Too many credentials from this address were refused; wait as long as Retry-After says.",
};

const addAddress = addressAdder();

/**
 * Counts the refusals of the policies that authenticate, by the client's address, and refuses further credentials from an
 * address with too many of them before anybody looks at these. What passes does not count, and neither does a request without
 * a credential.
 *
 * The count is a bucket in a table that worker threads share; whose bucket has run empty is also noted here, so that a
 * request costs a look at a map, and nothing at all while nobody is refused. A worker learns of an address that another one
 * has noted with the next failure that it sees itself: one attempt more for each worker.
 */
class AuthFailures implements Policy {
  readonly #host: Host;
  readonly #events: Events;
  readonly #full: GatewayEvent;
  readonly #bucket: TokenBucket;
  readonly #table: LimitTable;
  /** What the bucket lacks when it has one token, as the time in which that comes back. */
  readonly #allButOneMs: number;
  readonly #hash: KeyedHash;
  /**
   * By network: until when, in monotonic milliseconds. In the order in which that comes, but for a tick: all wait as long for
   * their next token. Not more than failed within that time.
   */
  readonly #refusedUntilMs: Map<string, number>;

  constructor(
    { limit, window: windowMs, maxKeys }: z.output<typeof authFailuresConfig>,
    { host, events, place, state }: Around,
  ) {
    this.#host = host;
    this.#events = events;
    this.#full = { kind: "auth_failures.table_full", place: formatPath(place) };
    this.#bucket = new TokenBucket(limit, windowMs, limit, bucketTicks(limit, windowMs, limit));
    this.#allButOneMs = ((limit - 1) * windowMs) / limit;
    const name = ["authFailures", limit, windowMs];
    this.#table = state.limitTable(name, maxKeys, this.#bucket);
    this.#refusedUntilMs = state.own(name, () => new Map<string, number>());
    this.#hash = new KeyedHash(...this.#table.seed);
  }

  request(x: Exchange): Reply | void {
    if (this.#refusedUntilMs.size === 0) return undefined;
    const network = addressNetwork(x.client.address);
    const untilMs = this.#refusedUntilMs.get(network);
    if (untilMs === undefined) return undefined;
    const nowMs = this.#host.clock.now();
    if (nowMs >= untilMs) {
      this.#refusedUntilMs.delete(network);
      return undefined;
    }
    if (x.route.identity?.bears(x) !== true && !isForHandler(x)) return undefined;
    const retryAfter = Math.max(1, Math.ceil((untilMs - nowMs) / 1000));
    return refuse(EXCEEDED, {
      members: { retry_after: retryAfter },
      headers: ["retry-after", String(retryAfter)],
    });
  }

  done(x: Exchange): void {
    if (x.caller === undefined && isFailure(x)) this.#count(x.client.address);
  }

  #count(address: string): void {
    const table = this.#table;
    const nowMs = this.#host.clock.now();
    const hash = this.#hash;
    hash.begin();
    addAddress(hash, address);
    hash.end();
    const verdict = table.take(hash.high, hash.low, nowMs, this.#bucket);
    if (verdict === "full") this.#events.tell(this.#full);
    else if (table.remaining === 0)
      this.#refuse(addressNetwork(address), nowMs, nowMs + table.fullInMs - this.#allButOneMs);
  }

  #refuse(network: string, nowMs: number, untilMs: number): void {
    for (const [other, otherUntilMs] of this.#refusedUntilMs) {
      if (otherUntilMs > nowMs) break;
      this.#refusedUntilMs.delete(other);
    }
    // Behind all others, also where it is there already.
    this.#refusedUntilMs.delete(network);
    this.#refusedUntilMs.set(network, untilMs);
  }
}

/**
 * Whether the exchange, of an unknown caller, ends with a credential that was refused, or before there was any answer: a client that
 * leaves while its password is being verified would otherwise have had that for nothing.
 */
function isFailure(x: Exchange): boolean {
  const { response } = x;
  if (response !== undefined && (response.status !== 401 || x.code === "")) return false;
  return x.credential === "borne" || isForHandler(x);
}

/** Whether the request bears a credential that its handler checks. */
function isForHandler(x: Exchange): boolean {
  return x.handler.bears?.(x) === true;
}

export const authFailuresPolicy: PolicyKind<"authFailures", typeof authFailuresConfig> = {
  name: "authFailures",
  summary: "Limits how often credentials from one address may be refused, before any cryptography.",
  config: authFailuresConfig,
  refusals: [EXCEEDED],
  create: (config, around) => new AuthFailures(config, around),
};
