import { readFileSync } from "node:fs";
import { setImmediate as nextTurn } from "node:timers/promises";
import { ACCEPTED_REQUESTS, REFUSED_REQUESTS } from "../../test/conformance/h1/request-cases.ts";
import { ACCEPTED_RESPONSES, REFUSED_RESPONSES } from "../../test/conformance/h1/response-cases.ts";
import { CLIENT_THREATS } from "../../test/conformance/wire/client-cases.ts";
import type { Fuzzer, FuzzReport, FuzzRun } from "../fuzzer.ts";
import { SeededRandom } from "../../src/simulation/seeded-random.ts";
import { cutsOf, mutate } from "./mutate.ts";
import { checkRequests, checkResponses, type Signature } from "./properties.ts";
import { shrink } from "./shrink.ts";

const REQUESTS = [
  ...ACCEPTED_REQUESTS.map(({ bytes }) => bytes),
  ...Object.values(REFUSED_REQUESTS).flatMap((cases) => cases.map(([, bytes]) => bytes)),
  ...CLIENT_THREATS.flatMap(({ cases }) => cases.map(({ bytes }) => bytes)),
].filter((bytes) => bytes.length <= 4000);
const RESPONSES = [
  ...ACCEPTED_RESPONSES.map(({ bytes }) => bytes),
  ...REFUSED_RESPONSES.map(([, bytes]) => bytes),
].filter((bytes) => bytes.length <= 4000);

const CASES_A_TURN = 200;
/** What behaves like nothing before is worth changing further; past this many, it takes the place of one of them. */
const MOST_KEPT = 20_000;

/** Fuzzes one side of the codec, led by what behaves like nothing before. */
class CodecFuzzer implements Fuzzer {
  readonly name: string;
  readonly what: string;
  readonly #seeds: readonly string[];
  readonly #check: (text: string, cuts: readonly number[]) => Signature;

  constructor(
    name: string,
    what: string,
    seeds: readonly string[],
    check: (text: string, cuts: readonly number[]) => Signature,
  ) {
    this.name = name;
    this.what = what;
    this.#seeds = [...seeds, ...readCorpus(name)];
    this.#check = check;
  }

  async run({ seed, until, progress }: FuzzRun): Promise<FuzzReport> {
    const random = new SeededRandom(seed);
    const corpus = [...this.#seeds];
    const seen = new Set<Signature>();
    for (let cases = 0; ; cases++) {
      if (cases % CASES_A_TURN === 0) {
        progress(cases);
        await nextTurn();
        if (until()) return { cases, kept: corpus.length - this.#seeds.length };
      }
      const text = cases < this.#seeds.length ? this.#seeds[cases]! : mutate(corpus, random);
      const cuts = cutsOf(text, random);
      try {
        const signature = this.#check(text, cuts);
        if (seen.has(signature)) continue;
        seen.add(signature);
        if (corpus.length < MOST_KEPT) corpus.push(text);
        else corpus[this.#seeds.length + random.below(MOST_KEPT - this.#seeds.length)] = text;
      } catch {
        return { cases, finding: this.#explain(text, cuts) };
      }
    }
  }

  async replay(text: string): Promise<string | undefined> {
    const { bytes, cuts } = JSON.parse(text) as { bytes: string; cuts: number[] };
    return this.#faultOf(bytes, cuts);
  }

  #explain(text: string, cuts: readonly number[]): { message: string; replay: string } {
    const [bytes, kept] = shrink(text, cuts, (shorter, fewer) => this.#faultOf(shorter, fewer) !== undefined);
    return { message: this.#faultOf(bytes, kept) ?? "", replay: JSON.stringify({ bytes, cuts: kept }) };
  }

  #faultOf(text: string, cuts: readonly number[]): string | undefined {
    try {
      this.#check(text, cuts);
      return undefined;
    } catch (error) {
      return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    }
  }
}

/** Inputs that once broke something: a line each, as JSON. */
function readCorpus(name: string): string[] {
  const lines = readFileSync(new URL(`../corpus/${name}.txt`, import.meta.url), "utf8").split("\n");
  return lines.filter((line) => line !== "").map((line) => JSON.parse(line) as string);
}

export const requestFuzzer = new CodecFuzzer(
  "requests",
  "bytes of clients: one reading, however they are split, and the one of a reader by the letter",
  REQUESTS,
  checkRequests,
);
export const responseFuzzer = new CodecFuzzer(
  "responses",
  "bytes of services: one answer, however they are split, and written anew it is the same",
  RESPONSES,
  checkResponses,
);
