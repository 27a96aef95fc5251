import type { z } from "zod";
import type { Exchange } from "../../core/exchange.ts";
import type { LimitTerms } from "../../core/limit-decision.ts";
import { PolicyConfigError, type Policy, type PolicyKind } from "../../core/policy.ts";
import { refuse, type Reply } from "../../core/reply.ts";
import type { Host } from "../../host/host.ts";
import type { RefusalKind } from "../../http/refusal.ts";
import { hashAddress } from "../../zones/address-key.ts";
import { KeyedHash } from "../../zones/keyed-hash.ts";
import { LimitTable } from "../../zones/limit-table.ts";
import { tokenBucket } from "../../zones/token-bucket.ts";
import { limitFields, limitTerms } from "./fields.ts";
import { rateLimitConfig } from "./schema.ts";

const EXCEEDED: RefusalKind = {
  code: "rateLimit.exceeded",
  status: 429,
  title: "Rate limit exceeded",
  detail: "Too many requests from this address; wait as long as Retry-After says.",
  // Registered by draft-ietf-httpapi-ratelimit-headers, so that clients know it from any server.
  type: "https://iana.org/assignments/http-problem-types#quota-exceeded",
};

/** 503 and not 429: this client has done nothing too often. */
const TABLE_FULL: RefusalKind = {
  code: "rateLimit.table_full",
  status: 503,
  title: "Rate limit unavailable",
  detail: "So many clients are active that this one cannot be counted; try again soon.",
};

const FULL_WARNING_INTERVAL_MS = 60_000;

/** How often a client may ask. */
export const rateLimitPolicy: PolicyKind<"rateLimit", typeof rateLimitConfig> = {
  name: "rateLimit",
  summary: "Limits how many requests a client may send in a time.",
  config: rateLimitConfig,
  refusals: [EXCEEDED, TABLE_FULL],
  create: (config, host) => new RateLimit(config, host),
};

class RateLimit implements Policy {
  readonly #host: Host;
  readonly #name: string;
  readonly #terms: LimitTerms;
  readonly #admitsWhenFull: boolean;
  readonly #table: LimitTable;
  readonly #hash: KeyedHash;
  #warnedAtMs = -Infinity;

  constructor(config: z.output<typeof rateLimitConfig>, host: Host) {
    const { limit, window: windowMs, burst = limit } = config;
    this.#host = host;
    this.#name = config.name;
    this.#terms = limitTerms(config.name, limit, windowMs);
    this.#admitsWhenFull = config.onFull === "allow";
    const seed = [randomWord(host), randomWord(host)] as const;
    this.#table = LimitTable.create(config.maxKeys, exactBucket(limit, windowMs, burst), seed);
    this.#hash = new KeyedHash(...this.#table.seed);
  }

  request(x: Exchange): Reply | void {
    const hash = this.#hash;
    const table = this.#table;
    const nowMs = this.#host.clock.now();
    // Not what X-Forwarded-For says, which is whatever a client likes to be, unless a trusted proxy has said it.
    hashAddress(hash, x.from.address);
    const verdict = table.take(hash.high, hash.low, nowMs);
    if (verdict === "full") return this.#answerFull(nowMs);

    const decision = { terms: this.#terms, remaining: table.remaining, fullAtMs: nowMs + table.fullInMs };
    if (x.limits === undefined) x.limits = [decision];
    else x.limits.push(decision);
    if (verdict === "admitted") return undefined;

    const retryAfter = Math.max(1, Math.ceil(table.tokenInMs / 1000));
    return refuse(EXCEEDED, {
      members: { retry_after: retryAfter, "violated-policies": [this.#name] },
      // The response hook of who refuses does not run.
      headers: ["retry-after", String(retryAfter), ...limitFields(x.limits, this.#host.clock)],
    });
  }

  response(x: Exchange): void {
    if (x.response === undefined || x.limits === undefined) return;
    const { headers } = x.response;
    const fields = limitFields(x.limits, this.#host.clock);
    for (let i = 0; i < fields.length; i += 2) headers.set(fields[i]!, fields[i + 1]!);
  }

  #answerFull(nowMs: number): Reply | void {
    if (nowMs - this.#warnedAtMs >= FULL_WARNING_INTERVAL_MS) {
      this.#warnedAtMs = nowMs;
      this.#host.log.warn(
        { limit: this.#name, times: this.#table.fullCount },
        `the table of a rate limit is full, new clients are ${this.#admitsWhenFull ? "not limited" : "refused"}: raise maxKeys`,
      );
    }
    return this.#admitsWhenFull ? undefined : refuse(TABLE_FULL, { headers: ["retry-after", "1"] });
  }
}

function randomWord(host: Host): number {
  return Number.parseInt(host.random.hex(8), 16);
}

function exactBucket(limit: number, windowMs: number, burst: number): ReturnType<typeof tokenBucket> {
  try {
    return tokenBucket(limit, windowMs, burst);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new PolicyConfigError(error.message, ["limit"], "take rounder numbers, or a shorter window");
  }
}
