import type { z } from "zod";
import type { Exchange } from "../../core/exchange.ts";
import { PolicyConfigError, type Policy, type PolicyKind, type PolicyNeeds } from "../../core/policy.ts";
import { refuse, type Reply } from "../../core/reply.ts";
import type { Host } from "../../host/host.ts";
import type { RefusalKind } from "../../http/refusal.ts";
import { limitFields } from "./fields.ts";
import { askings, checkPlans, Limit } from "./limit.ts";
import { LimitReports } from "./reports.ts";
import { rateLimitConfig, type LimitConfig } from "./schema.ts";

const EXCEEDED: RefusalKind = {
  code: "rateLimit.exceeded",
  status: 429,
  title: "Rate limit exceeded",
  detail: "Too many requests; wait as long as Retry-After says.",
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

const NO_KEY: RefusalKind = {
  code: "rateLimit.no_key",
  status: 400,
  title: "Request cannot be counted",
  detail: "The request lacks a header field, claim or tenant by which it would be limited.",
};

const NEVER_SECONDS = 86_400;

/** How often a client may ask. */
export const rateLimitPolicy: PolicyKind<"rateLimit", typeof rateLimitConfig> = {
  name: "rateLimit",
  summary: "Limits how many requests a client may send in a time.",
  config: rateLimitConfig,
  refusals: [EXCEEDED, TABLE_FULL, NO_KEY],
  needs,
  create: (config, host, surroundings) => createPolicy(config, host, surroundings?.plans),
};

function createPolicy(
  config: z.output<typeof rateLimitConfig>,
  host: Host,
  plans: readonly string[] | undefined,
): Policy {
  const configs = Array.isArray(config) ? config : [config];
  const limits = configs.map((one, i) => createLimit(one, host, plans, Array.isArray(config) ? [i] : []));
  checkNames(configs);
  const reports = new LimitReports(host);
  const early = new LimitGate(
    limits.filter((limit) => !limit.needsCaller),
    host,
    reports,
    true,
  );
  const late = limits.filter((limit) => limit.needsCaller);
  if (late.length === 0) return early;
  return Object.assign(early, { onceCallerIsKnown: new LimitGate(late, host, reports, false) });
}

function createLimit(
  config: LimitConfig,
  host: Host,
  plans: readonly string[] | undefined,
  at: readonly number[],
): Limit {
  try {
    if (plans !== undefined) checkPlans(config, plans);
    return new Limit(config, host);
  } catch (error) {
    if (!(error instanceof PolicyConfigError)) throw error;
    throw new PolicyConfigError(error.message, [...at, ...error.path], error.hint);
  }
}

function checkNames(configs: readonly LimitConfig[]): void {
  const names = configs.map(({ name }) => name);
  const twice = names.findIndex((name, i) => names.indexOf(name) !== i);
  if (twice === -1) return;
  throw new PolicyConfigError(
    `two limits are called ${names[twice]}`,
    [twice, "name"],
    "give each a name, by which clients tell them apart",
  );
}

function needs(config: z.output<typeof rateLimitConfig>): readonly PolicyNeeds[] {
  return [config].flat().flatMap((one, i) =>
    askings(one).map(({ field, caller, tenant }) => ({
      caller,
      tenant,
      params: [],
      path: Array.isArray(config) ? [i, field] : [field],
    })),
  );
}

/**
 * Asks its limits in order: those that need no caller before anybody is authenticated, the others behind that. All or nothing:
 * what one refuses takes from none. Who is refused is told of all limits here that do so, and to wait for the last of them.
 */
class LimitGate implements Policy {
  readonly #limits: readonly Limit[];
  readonly #host: Host;
  readonly #reports: LimitReports;
  /** Whether it writes the fields for itself and the gate behind it, which every response passes before. */
  readonly #tells: boolean;
  readonly done?: (x: Exchange) => void;

  constructor(limits: readonly Limit[], host: Host, reports: LimitReports, tells: boolean) {
    this.#limits = limits;
    this.#host = host;
    this.#reports = reports;
    this.#tells = tells;
    if (limits.some(({ counting }) => counting.untilEnd)) this.done = (x) => this.#release(x);
  }

  request(x: Exchange): Reply | void {
    let violated: string[] | undefined;
    let waitMs = 0;
    for (let i = 0; i < this.#limits.length; i++) {
      const limit = this.#limits[i]!;
      if (violated !== undefined && !limit.enforced) continue;
      const answer = limit.ask(x);
      if (answer === "admitted" || answer === "exempt") continue;
      if (answer === "full") {
        this.#reports.full(limit);
        if (limit.config.onFull === "allow") continue;
      }
      if (!limit.enforced) this.#reports.wouldRefuse(limit);
      else if (answer === "refused") {
        waitMs = Math.max(waitMs, x.limits!.at(-1)!.waitMs);
        if (violated === undefined) violated = [limit.config.name];
        else violated.push(limit.config.name);
      } else if (violated === undefined) {
        giveBackAll(x);
        return answer === "full" ? refuse(TABLE_FULL, { headers: ["retry-after", "1"] }) : refuse(NO_KEY);
      }
    }
    return violated === undefined ? undefined : this.#refuse(x, violated, waitMs);
  }

  response(x: Exchange): void {
    if (x.response === undefined || x.limits === undefined) return;
    const { headers } = x.response;
    for (let i = 0; i < this.#limits.length; i++) this.#limits[i]!.settle(x, headers);
    if (!this.#tells) return;
    const fields = limitFields(x.limits, this.#host.clock);
    for (let i = 0; i < fields.length; i += 2) headers.set(fields[i]!, fields[i + 1]!);
  }

  #refuse(x: Exchange, violated: readonly string[], waitMs: number): Reply {
    giveBackAll(x);
    // A claim may allow less than the request costs, and then no time will help it.
    const retryAfter = Number.isFinite(waitMs) ? Math.max(1, Math.ceil(waitMs / 1000)) : NEVER_SECONDS;
    return refuse(EXCEEDED, {
      members: { retry_after: retryAfter, "violated-policies": violated },
      // The response hook of who refuses does not run.
      headers: [
        "retry-after",
        String(retryAfter),
        ...(this.#tells ? limitFields(x.limits!, this.#host.clock) : []),
      ],
    });
  }

  #release(x: Exchange): void {
    for (const decision of x.limits ?? []) if (decision.untilEnd) decision.giveBack();
  }
}

function giveBackAll(x: Exchange): void {
  for (const decision of x.limits ?? []) decision.giveBack();
}
