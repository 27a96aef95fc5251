import type { Clock } from "../host/host.ts";
import { KeyedHash } from "../zones/keyed-hash.ts";
import { ALWAYS, type RevocationTable } from "../zones/revocation-table.ts";
import { ConfigMistake } from "../lib/config-mistake.ts";

/** One zone of the config, checked by its schema. */
export interface RevocationsConfig {
  readonly entries: number;
  /** Milliseconds. */
  readonly keepFor: number;
}

/** What the key of a token and that of a subject begin with. */
const TOKEN = 0;
const SUBJECT = 1;

/**
 * Tokens are also taken for a minute after they have expired, where an issuer's clock may be off, and from a minute before they were
 * issued: what is kept for this much longer is kept for longer than any of them.
 */
const CLOCKS_DIFFER_MS = 120_000;

/** A zone of revoked tokens: what one thread revokes, all know with the next request. It is lost when the process ends. */
export class Revocations {
  /** Milliseconds: for how long at most a token of this zone may be valid. */
  readonly keepForMs: number;
  /** What the config does with it. */
  readonly uses = new Set<"read" | "written">();
  readonly #table: RevocationTable;
  readonly #hash: KeyedHash;
  readonly #clock: Clock;

  constructor({ keepFor }: RevocationsConfig, table: RevocationTable, clock: Clock) {
    this.keepForMs = keepFor;
    this.#clock = clock;
    this.#table = table;
    this.#hash = new KeyedHash(...this.#table.seed);
  }

  /** Another number after every revocation, in whichever thread; 0 before the first. */
  get generation(): number {
    return this.#table.generation;
  }

  /**
   * Revokes one token, which expires at `expiresMs` of the wall clock, or at a time that is not known (`Infinity`). False: there is no
   * room, and it is not revoked.
   */
  revokeToken(jti: string, expiresMs: number): boolean {
    const longestMs = this.#clock.wall() + this.keepForMs;
    return this.#add(TOKEN, jti, ALWAYS, Math.min(expiresMs, longestMs));
  }

  /** Revokes all tokens of a subject that were issued until now, those of this second included. False: there is no room. */
  revokeSubject(sub: string): boolean {
    const nowMs = this.#clock.wall();
    return this.#add(SUBJECT, sub, Math.floor(nowMs / 1000) + 1, nowMs + this.keepForMs);
  }

  /** `jti` is whatever the token has there; `iat` is in seconds. */
  isRevoked(jti: unknown, sub: string, iat: number): boolean {
    if (typeof jti === "string" && this.#before(TOKEN, jti) > 0) return true;
    return iat < this.#before(SUBJECT, sub);
  }

  #add(kind: number, name: string, before: number, untilMs: number): boolean {
    const until = Math.ceil((untilMs + CLOCKS_DIFFER_MS) / 1000);
    const now = this.#now();
    // It has expired for everybody.
    if (until <= now) return true;
    this.#makeKey(kind, name);
    return this.#table.add(this.#hash.high, this.#hash.low, before, until, now);
  }

  #before(kind: number, name: string): number {
    this.#makeKey(kind, name);
    return this.#table.find(this.#hash.high, this.#hash.low, this.#now());
  }

  #makeKey(kind: number, name: string): void {
    const hash = this.#hash;
    hash.begin();
    hash.number(kind);
    hash.text(name);
    hash.end();
  }

  #now(): number {
    return Math.floor(this.#clock.wall() / 1000);
  }
}

/** The zone that a config calls `name`, which is from now on known to be used so; throws a `ConfigMistake` when there is none. */
export function findRevocations(
  zones: ReadonlyMap<string, Revocations>,
  name: string,
  use: "read" | "written",
): Revocations {
  const zone = zones.get(name);
  if (zone !== undefined) {
    zone.uses.add(use);
    return zone;
  }
  const hint =
    zones.size === 0
      ? `add it at the top of the config: revocations: { ${name}: {} }`
      : `the config has: ${[...zones.keys()].join(", ")}`;
  throw new ConfigMistake(`unknown zone of revocations ${JSON.stringify(name)}`, ["revocations"], hint);
}
