import type { ConfigPath } from "../lib/config-path.ts";

/** Offsets into a text, the end excluded. */
export interface TextRange {
  readonly start: number;
  readonly end: number;
}

/** A config file as text, and where in it things stand. */
export interface ConfigSource {
  readonly file: string;
  readonly text: string;
  /** Where the value at `path` stands; undefined when it cannot be told (it is computed, or it is missing). */
  findValue(path: ConfigPath): TextRange | undefined;
  /** Where the key that ends `path` stands. */
  findKey(path: ConfigPath): TextRange | undefined;
  /** Values that are never shown: those of keys that hold secrets. Undefined when the text cannot be read. */
  readonly secrets: readonly TextRange[] | undefined;
}
