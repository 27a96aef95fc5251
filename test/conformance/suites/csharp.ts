import { unescapeLiteral } from "./escapes.ts";

/**
 * As much of C# as payloads of tests are written in: literals, with and without `$`, joined by `+`; repeated characters; arrays of
 * bytes; names for these. Gives latin1 text, or undefined for what is beyond it.
 */
export class PayloadReader {
  readonly #names: Map<string, string>;

  /** @param names what names stand for to begin with, such as `ctx.HostHeader`. */
  constructor(names: Readonly<Record<string, string>>) {
    this.#names = new Map(Object.entries(names));
  }

  /** Reads the body of a factory: an expression, or statements that end in a `return`. */
  read(source: string): string | undefined {
    const code = source.replace(/^\s*\/\/.*$/gm, "").replace(/(;|\{)\s*\/\/.*$/gm, "$1");
    if (!code.trimStart().startsWith("{")) return this.#readExpression(code);
    for (const { 1: name = "", index, 0: declared } of code.matchAll(
      /\b(?:var|const string|byte\[\]) (\w+) = /g,
    )) {
      const value = this.#readExpression(code.slice(index + declared.length));
      if (value !== undefined) this.#names.set(name, value);
    }
    const copied = [...code.matchAll(/(\w+)\.CopyTo\(payload,/g)].map(([, name]) => this.#names.get(name!));
    if (copied.length > 0) return copied.includes(undefined) ? undefined : copied.join("");
    const { index, 0: keyword } = /\breturn /.exec(code) ?? { index: code.length, 0: "" };
    return this.#readExpression(code.slice(index + keyword.length));
  }

  /** Reads what stands at the beginning of `code`, as far as it goes. */
  #readExpression(code: string): string | undefined {
    let rest = code.trimStart().replace(/^(?:MakeRequest|Encoding\.ASCII\.GetBytes)\(/, "");
    let value = "";
    for (;;) {
      const term = this.#readTerm(rest.trimStart());
      if (term === undefined) return undefined;
      value += term.value;
      rest = rest.trimStart().slice(term.length).trimStart();
      if (!rest.startsWith("+")) return value;
      rest = rest.slice(1);
    }
  }

  #readTerm(code: string): { value: string; length: number } | undefined {
    const literal = /^(\$?)"((?:[^"\\]|\\.)*)"/.exec(code);
    if (literal !== null) {
      const text = unescapeLiteral(literal[2]!);
      const value = literal[1] === "" ? text : this.#filled(text);
      return value === undefined ? undefined : { value, length: literal[0].length };
    }
    const repeated = /^new string\('(.)', ([\d_]+)\)/.exec(code);
    if (repeated !== null) {
      const value = repeated[1]!.repeat(Number(repeated[2]!.replaceAll("_", "")));
      return { value, length: repeated[0].length };
    }
    const bytes = /^\[([^\]]*)\]/.exec(code);
    if (bytes !== null) {
      const value = String.fromCharCode(...bytes[1]!.split(",").map(Number));
      return { value, length: bytes[0].length };
    }
    const counted = /^Encoding\.ASCII\.GetByteCount\((\w+)\)/.exec(code);
    const name = counted ?? /^(\w+)(?=\s*[;+)])/.exec(code);
    const named = name === null ? undefined : this.#names.get(name[1]!);
    if (name === null || named === undefined) return undefined;
    return { value: counted === null ? named : String(named.length), length: name[0].length };
  }

  #filled(text: string): string | undefined {
    let known = true;
    const value = text.replace(/\{([\w.]+)\}/g, (_all, name: string) => {
      const named = this.#names.get(name);
      known &&= named !== undefined;
      return named ?? "";
    });
    return known ? value : undefined;
  }
}
