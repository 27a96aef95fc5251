import type { GatewayEvent } from "../../core/events.ts";
import type { Exchange } from "../../core/exchange.ts";
import type { LimitDecision } from "../../core/limit-decision.ts";
import { checkPlan } from "../../callers/tenant-schema.ts";
import { planOf } from "../../core/tenant.ts";
import { ConfigMistake } from "../../lib/config-mistake.ts";
import type { Host } from "../../host/host.ts";
import type { HeaderList } from "../../http/headers.ts";
import { AddressSet } from "../../lib/address-ranges.ts";
import type { State } from "../../state/state.ts";
import { KeyedHash } from "../../zones/keyed-hash.ts";
import type { Ledger } from "../../zones/ledger.ts";
import { LimitTable } from "../../zones/limit-table.ts";
import { compileKeyPart, keyParts, needsCaller, type KeyPart } from "./key.ts";
import { countingOf, type Counting } from "./rule.ts";
import type { LimitConfig } from "./schema.ts";
import { namedSizes, sizeNeedsCaller } from "./named-sizes.ts";
import { sizesOf, type Size } from "./size.ts";

/** A table that takes more than this is taken for a mistake. */
const MOST_BYTES = 2 ** 31;

/** What a limit says of a request: `exempt` where it does not count. */
export type Answer = "admitted" | "exempt" | "refused" | "full" | "no-key";

/** One limit, with the counts of all its keys. */
export class Limit {
  readonly config: LimitConfig;
  readonly counting: Counting;
  readonly host: Host;
  readonly table: LimitTable;
  /** Whether it can only be asked once it is known who is calling. */
  readonly needsCaller: boolean;
  /** Whether its decisions refuse, or are only noted. */
  readonly enforced: boolean;
  readonly tableFull: GatewayEvent;
  readonly wouldRefuse: GatewayEvent;

  /** Where it is noted what the thread holds of this limit, if it holds anything and another could give that back. */
  readonly ledger: Ledger | undefined;

  readonly #state: State;
  readonly #place: string;
  readonly #sizeOf: (x: Exchange) => Size;
  readonly #sized: boolean;
  readonly #parts: readonly KeyPart[];
  readonly #fallback: KeyPart | undefined;
  readonly #hash: KeyedHash;
  readonly #cost: number;
  readonly #exempt: ((x: Exchange) => boolean) | undefined;

  /** Without `counts`, it has those that `state` keeps for it. */
  constructor(
    config: LimitConfig,
    host: Host,
    state: State,
    place: string,
    cost = baseCost(config),
    counts?: LimitTable,
  ) {
    const { name, onFull } = config;
    this.config = config;
    this.host = host;
    this.#place = place;
    const newClients = onFull === "allow" ? "not limited" : "refused";
    this.tableFull = { kind: "limit.table_full", place, limit: name, newClients };
    this.wouldRefuse = { kind: "limit.would_refuse", place, limit: name };
    this.counting = countingOf(config, state.ledger);
    this.ledger = this.counting.untilEnd ? state.ledger : undefined;
    this.#state = state;
    this.enforced = config.mode === "enforce";
    this.#sizeOf = sizesOf(config, this.counting);
    this.#sized = sizeNeedsCaller(config);
    this.#parts = keyParts(config).map(compileKeyPart);
    this.#fallback = config.onMissingKey === "ip" ? compileKeyPart("ip") : undefined;
    this.#exempt = exemption(config);
    this.#cost = cost;
    this.needsCaller = identityNeeds(config).length > 0;
    checkCost(config, cost);
    this.table = counts ?? findTable(config, this.counting, state);
    this.#hash = new KeyedHash(...this.table.seed);
  }

  /** The same limit with the same counts, for requests that take another amount. */
  costing(cost: number): Limit {
    return new Limit(this.config, this.host, this.#state, this.#place, cost, this.table);
  }

  /** Asks the limit, and notes its decision in `x.limits`, where there is one. */
  ask(x: Exchange): Answer {
    if (this.#exempt?.(x) === true) return "exempt";
    const size = this.#sizeOf(x);
    if (!this.#makeKey(x, size)) return this.config.onMissingKey === "skip" ? "exempt" : "no-key";
    const { high, low } = this.#hash;
    const nowMs = this.now();
    const { ledger, table } = this;
    if (ledger?.begin(table.number, high, low, this.#cost) === false) return "full";
    const verdict = table.take(high, low, nowMs, size.rule, this.#cost);
    const entry = ledger === undefined ? 0 : ledger.end(verdict === "admitted");
    if (verdict === "full") return "full";
    const taken = verdict === "admitted" ? this.#cost : 0;
    const decision = new Decision(this, size, high, low, nowMs, taken, entry);
    if (x.limits === undefined) x.limits = [decision];
    else x.limits.push(decision);
    return verdict;
  }

  /** Takes what the response says that the request has cost, and keeps it from the client. */
  settle(x: Exchange, headers: HeaderList): void {
    const { cost } = this.config;
    if (typeof cost === "number") return;
    const told = headers.get(cost.responseHeader);
    if (told === undefined) return;
    headers.delete(cost.responseHeader);
    const amount = /^\d{1,9}$/.test(told) ? Math.min(Number(told), cost.max) : 0;
    for (const decision of x.limits ?? []) {
      if (decision instanceof Decision && decision.limit === this) decision.settle(amount);
    }
  }

  /** The time that its rules count in. */
  now(): number {
    const { clock } = this.host;
    return this.counting.byWallClock ? clock.wall() : clock.now();
  }

  #makeKey(x: Exchange, size: Size): boolean {
    const hash = this.#hash;
    this.#beginKey(size);
    let whole = true;
    for (let i = 0; i < this.#parts.length && whole; i++) whole = this.#parts[i]!(hash, x);
    if (!whole && this.#fallback !== undefined) {
      this.#beginKey(size);
      whole = this.#fallback(hash, x);
    }
    hash.end();
    return whole;
  }

  /** A caller whose plan changes has another size, and with it another count: states of different rules do not mix. */
  #beginKey(size: Size): void {
    this.#hash.begin();
    if (this.#sized) this.#hash.number(size.limit);
  }
}

/**
 * What a limit has counted lives on as long as it means the same: where another number is the limit, too, unless a state only
 * says what part of that is left.
 */
function findTable(config: LimitConfig, counting: Counting, state: State): LimitTable {
  const { name, maxKeys, key } = config;
  const rule = counting.rule(Math.max(...namedSizes(config)));
  const bytes = LimitTable.sizeOf(maxKeys, rule.stateSize);
  if (bytes <= MOST_BYTES) {
    const sized = sizeNeedsCaller(config);
    return state.limitTable(["rateLimit", name, key, sized, counting.shape], maxKeys, rule);
  }
  throw new ConfigMistake(
    `${maxKeys} keys of this limit take ${Math.ceil(bytes / 2 ** 20)} MB`,
    ["maxKeys"],
    "lower maxKeys, or take another algorithm",
  );
}

/** What a request takes when it comes. */
function baseCost({ cost }: LimitConfig): number {
  return typeof cost === "number" ? cost : 1;
}

/** What a limit decided about one exchange, and what it has taken for it. */
export class Decision implements LimitDecision {
  readonly limit: Limit;
  readonly size: Size;
  readonly #high: number;
  readonly #low: number;
  readonly #takenAtMs: number;
  /** In the ledger; 0 where there is none. */
  readonly #entry: number;
  /** What is taken for the exchange at present. */
  taken: number;
  remaining = 0;
  fullAtMs = 0;
  readonly waitMs: number;

  constructor(
    limit: Limit,
    size: Size,
    high: number,
    low: number,
    takenAtMs: number,
    taken: number,
    entry: number,
  ) {
    this.limit = limit;
    this.size = size;
    this.#high = high;
    this.#low = low;
    this.#takenAtMs = takenAtMs;
    this.taken = taken;
    this.#entry = entry;
    this.waitMs = limit.table.waitMs;
    this.#note(takenAtMs);
  }

  get terms(): LimitDecision["terms"] {
    return this.size.terms;
  }

  get told(): boolean {
    return this.limit.enforced;
  }

  get untilEnd(): boolean {
    return this.limit.counting.untilEnd;
  }

  /** As if the request had never been: another limit has refused it, or it is over and its limit is of those under way. */
  giveBack(): void {
    if (this.taken === 0) return;
    const { limit, size, taken } = this;
    const nowMs = limit.now();
    this.taken = 0;
    const { ledger, table } = limit;
    if (ledger !== undefined) ledger.entry = this.#entry;
    if (!table.giveBack(this.#high, this.#low, nowMs, size.rule, taken, this.#takenAtMs)) return;
    if (ledger !== undefined) ledger.discard(this.#entry);
    this.#note(nowMs);
  }

  /** What the request has cost in all, as is known at its end. */
  settle(cost: number): void {
    if (this.taken === 0 || cost <= this.taken) return;
    const { limit, size, taken } = this;
    const nowMs = limit.now();
    this.taken = cost;
    if (limit.table.charge(this.#high, this.#low, nowMs, size.rule, cost - taken)) this.#note(nowMs);
  }

  /** What the table says of its last decision, which is this one's. */
  #note(nowMs: number): void {
    const { table, host, counting } = this.limit;
    this.remaining = table.remaining;
    this.fullAtMs = (counting.byWallClock ? host.clock.now() : nowMs) + table.fullInMs;
  }
}

/** A field of a limit's config that makes it wait until it is known who is calling, or for which tenant; one of both suffices. */
interface IdentityNeed {
  readonly field: "limit" | "key" | "exempt";
  readonly caller: boolean;
  readonly tenant: boolean;
}

export function identityNeeds(config: LimitConfig): readonly IdentityNeed[] {
  const { limit, exempt } = config;
  const found: IdentityNeed[] = [];
  // A plan is the tenant's or the caller's.
  if (typeof limit === "object") found.push({ field: "limit", caller: true, tenant: "plans" in limit });
  const parts = keyParts(config).filter(needsCaller);
  if (parts.includes("tenant")) found.push({ field: "key", caller: false, tenant: true });
  if (parts.some((part) => part !== "tenant")) found.push({ field: "key", caller: true, tenant: false });
  if (exempt !== undefined && exempt.callers.length + exempt.plans.length + exempt.scopes.length > 0) {
    const onlyPlans = exempt.callers.length === 0 && exempt.scopes.length === 0;
    found.push({ field: "exempt", caller: true, tenant: onlyPlans });
  }
  return found;
}

/** Holds that plans are among those that there are. */
export function checkPlans({ limit, exempt }: LimitConfig, plans: readonly string[] | undefined): void {
  if (typeof limit === "object" && "plans" in limit)
    for (const name of Object.keys(limit.plans)) checkPlan(name, plans, ["limit", "plans", name]);
  for (const [i, name] of (exempt?.plans ?? []).entries()) checkPlan(name, plans, ["exempt", "plans", i]);
}

function checkCost(config: LimitConfig, cost: number): void {
  const { name, burst, algorithm } = config;
  const smallest = Math.min(...namedSizes(config).map((size) => burst ?? (algorithm === "gcra" ? 1 : size)));
  if (cost <= smallest) return;
  throw new ConfigMistake(
    `a request that costs ${cost} can never pass the limit ${name}: it admits at most ${smallest} at once`,
    ["cost"],
    "lower the cost, or raise the limit or its burst",
  );
}

function exemption({ exempt }: LimitConfig): ((x: Exchange) => boolean) | undefined {
  if (exempt === undefined) return undefined;
  const callers = new Set(exempt.callers);
  const plans = new Set(exempt.plans);
  const scopes = new Set(exempt.scopes);
  const addresses = exempt.addresses.length === 0 ? undefined : new AddressSet(exempt.addresses);
  return (x) => {
    if (addresses?.has(x.client.address) === true) return true;
    const plan = planOf(x);
    if (plan !== undefined && plans.has(plan)) return true;
    const { caller } = x;
    return caller !== undefined && (callers.has(caller.id) || haveOne(caller.scopes, scopes));
  };
}

function haveOne(held: readonly string[], wanted: ReadonlySet<string>): boolean {
  for (let i = 0; i < held.length; i++) if (wanted.has(held[i]!)) return true;
  return false;
}
