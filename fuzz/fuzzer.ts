/** What a fuzzer has found: an input that breaks a property. */
export interface Finding {
  /** Of the failed property, with what it was and what it should be. */
  readonly message: string;
  /** What to give to `--replay`. */
  readonly replay: string;
}

export interface FuzzReport {
  readonly cases: number;
  /** How many inputs were kept because they behaved like none before; undefined for a fuzzer that keeps none. */
  readonly kept?: number;
  readonly finding?: Finding;
}

export interface FuzzRun {
  readonly seed: number;
  /** Asked now and then whether it is time to stop. */
  readonly until: () => boolean;
  readonly progress: (cases: number) => void;
}

/** One kind of fuzzing. */
export interface Fuzzer {
  readonly name: string;
  readonly what: string;
  run(run: FuzzRun): Promise<FuzzReport>;
  /** Tries one case again; undefined when nothing is wrong with it. */
  replay(text: string): Promise<string | undefined>;
}
