import type { Events } from "../../core/events.ts";
import type { Host, OutboundResponse } from "../../host/host.ts";
import type { Algorithm } from "./algorithms.ts";
import { discoverKeys, fetchDocument, IssuerError } from "./discovery.ts";
import { AMBIGUOUS_KEY, KeySet, type SkippedKey } from "./key-set.ts";
import type { KeySource } from "./key-source.ts";
import { KEY_UNKNOWN, KEYS_UNAVAILABLE, MALFORMED, type Fault } from "./refusals.ts";
import type { Around } from "../../contract/around.ts";
import type { VerificationKey } from "./signature.ts";

/** How long a set is taken for the newest one when its answer does not say (Cache-Control), and the bounds of what it may say. */
const DEFAULT_FRESH_MS = 10 * 60_000;
const LEAST_FRESH_MS = 60_000;
const MOST_FRESH_MS = 60 * 60_000;
/** Where an issuer's keys are changes seldom: asked again after a day, and whenever they cannot be had there. */
const LOCATED_FOR_MS = 24 * 60 * 60_000;
/** Skipped keys that are remembered, so that each is told once. */
const MOST_TOLD = 200;

export interface RemoteKeysSettings {
  readonly issuer: string;
  /** Where the key set is; undefined where the issuer is asked. */
  readonly jwks: string | undefined;
  /** How long after an attempt on behalf of an unknown key, or one that failed, the next one may be made. */
  readonly cooldownMs: number;
  /** How long keys may be used when they can no longer be refreshed. */
  readonly staleForMs: number;
}

const UNKNOWN: Fault = { kind: KEY_UNKNOWN };
const UNTOLD: Fault = {
  kind: KEY_UNKNOWN,
  detail: "Several keys of the issuer fit the token, and it does not say which one is meant.",
};

/**
 * The keys of an issuer, which all policies that trust it in the same way have in common: it is asked once, however many routes
 * have a config of their own, and a new config goes on with the keys that the old one has.
 */
export function shareKeys(settings: RemoteKeysSettings, { host, events, state }: Around): KeySource {
  const { issuer, jwks, cooldownMs, staleForMs } = settings;
  return state.common(
    ["keys of an issuer", issuer, jwks, cooldownMs, staleForMs],
    () => new RemoteKeys(settings, host, events),
    (keys) => keys.close(),
  );
}

/**
 * The keys of an issuer, fetched and kept up to date:
 *
 * - One attempt at a time; requests that need its outcome wait for it.
 * - A set is fetched anew before it is old, and stands in until then. When that fails, the old one serves on for `staleForMs`.
 * - A key that is not in the set may be a new one, so the set is fetched; but at most once in `cooldownMs`, and not sooner than
 *   that after a failure. Whoever invents kids causes no more than that.
 * - A key that is no longer in the set verifies nothing more, and what it has verified is forgotten.
 */
class RemoteKeys implements KeySource {
  generation = 0;
  readonly #settings: RemoteKeysSettings;
  readonly #host: Host;
  readonly #events: Events;
  #set: KeySet | undefined = undefined;
  #freshUntilMs = 0;
  #located: { readonly url: string; readonly untilMs: number } | undefined = undefined;
  #attempt: Promise<void> | undefined = undefined;
  #nextAttemptMs = 0;
  #unknownAllowedMs = -Infinity;
  #failing = false;
  #closed = false;
  #stopTimer: () => void = () => {};
  readonly #toldKeys = new Set<string>();

  constructor(settings: RemoteKeysSettings, host: Host, events: Events) {
    this.#settings = settings;
    this.#host = host;
    this.#events = events;
    this.#refresh();
  }

  find(algorithm: Algorithm, kid: unknown, mayWait: boolean): VerificationKey | Fault | Promise<void> {
    if (kid !== undefined && typeof kid !== "string") return { kind: MALFORMED };
    const nowMs = this.#host.clock.now();
    const set = this.#usableSet(nowMs);
    if (set === undefined) return this.#waitForSet(nowMs, mayWait);
    const key = set.find(algorithm, kid);
    if (key === AMBIGUOUS_KEY) return UNTOLD;
    if (key !== undefined) return key;
    return (mayWait ? this.#waitForKey(nowMs) : undefined) ?? UNKNOWN;
  }

  close(): void {
    this.#closed = true;
    this.#stopTimer();
  }

  #usableSet(nowMs: number): KeySet | undefined {
    if (this.#set !== undefined && nowMs >= this.#freshUntilMs + this.#settings.staleForMs)
      this.#replace(undefined);
    return this.#set?.size === 0 ? undefined : this.#set;
  }

  #waitForSet(nowMs: number, mayWait: boolean): Fault | Promise<void> {
    // The timer is late when the machine has slept.
    if (mayWait && this.#attempt === undefined && nowMs >= this.#nextAttemptMs) this.#refresh();
    if (mayWait && this.#attempt !== undefined) return this.#attempt;
    const retryAfterSeconds = Math.max(1, Math.ceil((this.#nextAttemptMs - nowMs) / 1000));
    return { kind: KEYS_UNAVAILABLE, retryAfterSeconds };
  }

  #waitForKey(nowMs: number): Promise<void> | undefined {
    if (this.#attempt === undefined && nowMs >= this.#unknownAllowedMs) {
      this.#unknownAllowedMs = nowMs + this.#settings.cooldownMs;
      this.#refresh();
    }
    return this.#attempt;
  }

  /** Begins an attempt; it never rejects. */
  #refresh(): void {
    this.#stopTimer();
    if (this.#closed) return;
    this.#attempt = this.#fetch()
      .then(
        (response) => this.#take(response),
        (error: unknown) => this.#fail(error),
      )
      .finally(() => {
        this.#attempt = undefined;
      });
  }

  async #fetch(): Promise<{ readonly set: KeySet; readonly freshMs: number }> {
    const { outbound, clock } = this.#host;
    const { issuer, jwks } = this.#settings;
    let url = jwks;
    if (url === undefined) {
      if (this.#located === undefined || clock.now() >= this.#located.untilMs) {
        url = await discoverKeys(outbound, issuer);
        this.#located = { url, untilMs: clock.now() + LOCATED_FOR_MS };
      }
      url = this.#located.url;
    }
    const response = await fetchDocument(outbound, url);
    if (response.status !== 200) throw new IssuerError(`the key set is answered with ${response.status}`);
    const set = KeySet.read(response.body);
    if (set === undefined) throw new IssuerError("the answer is no key set");
    return { set, freshMs: freshFor(response) };
  }

  #take({ set, freshMs }: { readonly set: KeySet; readonly freshMs: number }): void {
    if (this.#closed) return;
    const { clock, random } = this.#host;
    const { issuer } = this.#settings;
    this.#tellOfSkipped(set.skipped);
    if (set.fingerprint !== this.#set?.fingerprint) this.#replace(set);
    if (set.size === 0) {
      this.#fail(new IssuerError("the issuer's set has no key that can be used"));
      return;
    }
    if (this.#failing) this.#events.tell({ kind: "keys.available", issuer, keys: set.size });
    this.#failing = false;
    this.#freshUntilMs = clock.now() + freshMs;
    // Before it is old, and not at the same moment as everybody else who began when this gateway did.
    this.#schedule(freshMs * (0.75 + 0.15 * random.fraction()));
  }

  #fail(error: unknown): void {
    if (this.#closed) return;
    const { clock, random } = this.#host;
    const { issuer, cooldownMs } = this.#settings;
    this.#located = undefined;
    if (!this.#failing) {
      const serving = this.#set !== undefined && this.#set.size > 0;
      const meanwhile = serving ? "the ones from before serve on" : "its tokens are answered with 503";
      this.#events.tell({ kind: "keys.unavailable", issuer, err: error, meanwhile });
    }
    this.#failing = true;
    const nowMs = clock.now();
    this.#unknownAllowedMs = nowMs + cooldownMs;
    this.#usableSet(nowMs);
    this.#schedule(cooldownMs * (1 + 0.2 * random.fraction()));
  }

  /** What the old keys have verified is no longer known to be good. */
  #replace(set: KeySet | undefined): void {
    this.#set = set;
    this.generation += 1;
  }

  #schedule(delayMs: number): void {
    const { clock } = this.#host;
    this.#nextAttemptMs = clock.now() + delayMs;
    this.#stopTimer = clock.every(delayMs, () => this.#refresh());
  }

  #tellOfSkipped(skipped: readonly SkippedKey[]): void {
    for (const { kid, problem } of skipped) {
      const key = `${kid}: ${problem}`;
      if (this.#toldKeys.has(key) || this.#toldKeys.size >= MOST_TOLD) continue;
      this.#toldKeys.add(key);
      const { issuer } = this.#settings;
      this.#events.tell({ kind: "key.unusable", issuer, kid, problem });
    }
  }
}

/** How long the answer may be taken for the newest one (RFC 9111, 5.2.2), within bounds. */
function freshFor({ headers }: OutboundResponse): number {
  const control = headers.get("cache-control")?.toLowerCase() ?? "";
  if (/\bno-(?:store|cache)\b/.test(control)) return LEAST_FRESH_MS;
  const maxAge = /(?:^|[\s,])max-age="?(\d{1,9})\b/.exec(control)?.[1];
  if (maxAge === undefined) return DEFAULT_FRESH_MS;
  const age = /^\d{1,9}$/.exec(headers.get("age") ?? "")?.[0] ?? "0";
  return Math.min(Math.max((Number(maxAge) - Number(age)) * 1000, LEAST_FRESH_MS), MOST_FRESH_MS);
}
