import { NO_PARAMS } from "../core/exchange.ts";
import { headersMatch, queryMatches } from "./conditions.ts";
import type { Conditions } from "./conditions.ts";
import type { Match } from "./match.ts";
import type { Segment } from "./pattern.ts";
import type { Search } from "./search.ts";

/** One entry of the router's list, as it stands at the end of a path. */
export class Candidate<T> {
  readonly value: T;
  /** Its place in the list. */
  readonly index: number;
  /** Empty for any. */
  readonly methods: readonly string[];
  readonly conditions: Conditions;
  /** Names of the path's parameters, and the segment, from 0, that each is the value of. */
  readonly paramNames: readonly string[];
  readonly paramDepths: readonly number[];
  /** The match of every request, where there are no parameters. */
  readonly found: Match<T> | undefined;

  constructor(
    value: T,
    index: number,
    methods: readonly string[],
    conditions: Conditions,
    segments: readonly Segment[],
  ) {
    this.value = value;
    this.index = index;
    this.methods = methods;
    this.conditions = conditions;
    const names: string[] = [];
    const depths: number[] = [];
    for (const [depth, segment] of segments.entries()) {
      if (segment.kind === "literal") continue;
      names.push(segment.kind === "param" ? segment.name : "*");
      depths.push(depth);
    }
    this.paramNames = names;
    this.paramDepths = depths;
    this.found = names.length === 0 ? Object.freeze({ kind: "found", value, params: NO_PARAMS }) : undefined;
  }
}

/** How well a method fits, from `NO` upwards. */
const NO = 0;
const ANY = 1;
const GET_FOR_HEAD = 2;
const GIVEN = 3;

/** The entries that share one host and one path: they differ in methods and conditions. */
export class Leaf<T> {
  /** Most conditions first, then as in the list. */
  readonly candidates: Candidate<T>[] = [];
  /**
   * The first method of those without conditions, and who takes it: nearly always the only one. Beside the maps it saves
   * a large config two visits to memory that is not in the processor's cache.
   */
  #firstMethod: string | undefined = undefined;
  #first: Candidate<T> | undefined = undefined;
  /** The further methods. */
  #others: Map<string, Candidate<T>> | undefined = undefined;
  #anyMethod: Candidate<T> | undefined = undefined;
  #conditional = false;

  add(candidate: Candidate<T>): void {
    this.candidates.push(candidate);
    this.candidates.sort((a, b) => b.conditions.count - a.conditions.count || a.index - b.index);
    if (candidate.conditions.count > 0) this.#conditional = true;
    else if (candidate.methods.length === 0) this.#anyMethod ??= candidate;
    else for (const method of candidate.methods) this.#setMethod(method, candidate);
  }

  /** The most specific candidate for a request that has this path. */
  select(search: Search<T>): Candidate<T> | undefined {
    const { method } = search;
    return (
      (this.#conditional ? this.#selectConditional(search) : undefined) ??
      this.#byMethod(method) ??
      (method === "HEAD" ? this.#byMethod("GET") : undefined) ??
      this.#anyMethod
    );
  }

  #byMethod(method: string): Candidate<T> | undefined {
    return method === this.#firstMethod ? this.#first : this.#others?.get(method);
  }

  #setMethod(method: string, candidate: Candidate<T>): void {
    if (this.#first === undefined) {
      this.#firstMethod = method;
      this.#first = candidate;
    } else {
      (this.#others ??= new Map()).set(method, candidate);
    }
  }

  /** Candidates that only the method kept away, most specific first. */
  *refused(search: Search<T>): IterableIterator<Candidate<T>> {
    for (const candidate of this.candidates) if (conditionsHold(candidate, search)) yield candidate;
  }

  #selectConditional(search: Search<T>): Candidate<T> | undefined {
    let best: Candidate<T> | undefined;
    let bestFit = NO;
    for (const candidate of this.candidates) {
      const { count } = candidate.conditions;
      if (count === 0 || (best !== undefined && count < best.conditions.count)) break;
      const fit = methodFit(candidate, search.method);
      if (fit <= bestFit || !conditionsHold(candidate, search)) continue;
      best = candidate;
      bestFit = fit;
    }
    return best;
  }
}

function methodFit(candidate: Candidate<unknown>, method: string): number {
  if (candidate.methods.length === 0) return ANY;
  if (candidate.methods.includes(method)) return GIVEN;
  return method === "HEAD" && candidate.methods.includes("GET") ? GET_FOR_HEAD : NO;
}

function conditionsHold<T>({ conditions }: Candidate<T>, search: Search<T>): boolean {
  return (
    (conditions.headers.length === 0 || headersMatch(conditions, search.headers)) &&
    (conditions.query.length === 0 || queryMatches(conditions, search.query))
  );
}
