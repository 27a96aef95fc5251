import { unescapeLiteral } from "./escapes.ts";

type Value = string | number;

/** Beyond what is understood. */
export class Unreadable extends Error {}

/**
 * As much of Java as permutations of a request are written in: literals, names, `+`, casts of numbers to characters, methods of
 * strings, and functions that the caller knows. Throws `Unreadable`.
 */
export class JavaExpression {
  readonly #code: string;
  readonly #names: Readonly<Record<string, Value>>;
  readonly #functions: Readonly<Record<string, (...values: string[]) => string>>;
  #at = 0;

  constructor(
    code: string,
    names: Readonly<Record<string, Value>>,
    functions: Readonly<Record<string, (...values: string[]) => string>>,
  ) {
    this.#code = code;
    this.#names = names;
    this.#functions = functions;
  }

  evaluate(): string {
    const value = this.#sum();
    if (this.#rest() !== "") throw new Unreadable(this.#rest());
    return String(value);
  }

  #sum(): Value {
    let value = this.#term();
    while (this.#takes(/^\+/)) {
      const next = this.#term();
      value = typeof value === "number" && typeof next === "number" ? value + next : `${value}${next}`;
    }
    return value;
  }

  #term(): Value {
    let value = this.#primary();
    for (;;) {
      const [, method, index] = this.#match(/^(?:\.(\w+)\(|\[(\d+)\])/) ?? [];
      if (method !== undefined) value = callMethod(String(value), method, this.#arguments());
      else if (index === undefined) return value;
    }
  }

  #primary(): Value {
    const literal = this.#match(/^"((?:[^"\\]|\\.)*)"/);
    if (literal !== undefined) return unescapeLiteral(literal[1]!);
    const number = this.#match(/^\d+/);
    if (number !== undefined) return Number(number[0]);
    if (this.#takes(/^\(char\)/)) return String.fromCharCode(Number(this.#primary()));
    const called = this.#match(/^Utilities\.(\w+)\(/);
    if (called !== undefined) {
      const known = this.#functions[called[1]!];
      const values = this.#arguments().map(String);
      if (known === undefined) throw new Unreadable(called[1]);
      return known(...values);
    }
    const name = this.#match(/^\w+/)?.[0] ?? "";
    const value = this.#names[name];
    if (value === undefined) throw new Unreadable(name);
    return value;
  }

  /** What stands between the parenthesis that was taken and the one that closes it. */
  #arguments(): Value[] {
    const values: Value[] = [];
    while (!this.#takes(/^\)/)) {
      if (values.length > 0 && !this.#takes(/^,/)) throw new Unreadable(this.#rest());
      values.push(this.#sum());
    }
    return values;
  }

  #takes(pattern: RegExp): boolean {
    return this.#match(pattern) !== undefined;
  }

  #match(pattern: RegExp): RegExpExecArray | undefined {
    const found = pattern.exec(this.#rest());
    if (found === null) return undefined;
    this.#at = this.#code.length - this.#rest().length + found[0].length;
    return found;
  }

  #rest(): string {
    return this.#code.slice(this.#at).trimStart();
  }
}

function callMethod(text: string, method: string, values: readonly Value[]): Value {
  const [first, second] = values;
  switch (method) {
    case "replace":
      return text.replaceAll(String(first), () => String(second));
    case "toUpperCase":
      return text.toUpperCase();
    case "toLowerCase":
      return text.toLowerCase();
    case "substring":
      return text.slice(Number(first), second === undefined ? undefined : Number(second));
    case "length":
      return text.length;
    case "getBytes":
      return text;
    default:
      throw new Unreadable(method);
  }
}
