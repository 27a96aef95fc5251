import { stripTypeScriptTypes } from "node:module";
import { pathToFileURL } from "node:url";
import type { AnyNode, Expression, ObjectExpression, Program, Property } from "acorn";
import { holdsSecret, redact, SECRET_KEY, VARIABLE_NAME } from "../lib/redact.ts";
import { requirePackage } from "../lib/require-package.ts";
import { positionAt } from "../lib/text-position.ts";
import { ConfigError } from "./issue.ts";
import type { ConfigIssue } from "./issue.ts";
import type { ConfigPath } from "../lib/config-path.ts";
import { placeIssues } from "./read-config.ts";
import type { ReadConfig } from "./read-config.ts";
import type { ConfigSource, TextRange } from "./source.ts";

/**
 * Imports a config written in TypeScript or JavaScript and takes its default export. Throws a `ConfigError` for a syntax
 * error, and for an error that the file itself throws while it runs.
 */
export async function importScript(file: string, text: string): Promise<ReadConfig> {
  const source = new ScriptSource(file, text);
  const url = pathToFileURL(file).href;
  let module: { readonly default?: unknown };
  try {
    module = await importUnlessStuck(url);
  } catch (error) {
    const broken = source.syntaxError;
    if (broken !== undefined) throw new ConfigError([broken], source);
    throw new ConfigError([describeFailure(error, file, url)], source);
  }
  if (module.default instanceof Promise) {
    const hint = "write: export default await ...";
    const issues = placeIssues([{ path: [], message: "expected an object, got a promise", hint }], source);
    throw new ConfigError(issues, source);
  }
  if (module.default !== undefined) return { value: module.default, source, issues: [] };
  const hint = "end the file with: export default defineConfig({ ... })";
  throw new ConfigError(
    [{ path: [], message: "the file has no default export", hint, file, line: 1, column: 1 }],
    source,
  );
}

/** Imports `url`. Rejects when nothing is left that what it awaits could come from, where Node would just end the process. */
async function importUnlessStuck(url: string): Promise<{ readonly default?: unknown }> {
  const { promise: stuck, reject } = Promise.withResolvers<never>();
  const giveUp = (): void => reject(new Error("it waits for something that never comes"));
  process.once("beforeExit", giveUp);
  try {
    return (await Promise.race([import(url), stuck])) as { readonly default?: unknown };
  } finally {
    process.off("beforeExit", giveUp);
  }
}

function parseScript(file: string, text: string): Program | SyntaxError {
  const { parse } = requirePackage("acorn") as typeof import("acorn");
  try {
    const plain = /\.[cm]?ts$/.test(file) ? stripTypes(text) : text;
    return parse(plain, { ecmaVersion: "latest", sourceType: "module" });
  } catch (error) {
    if (error instanceof SyntaxError) return error;
    throw error;
  }
}

/** Blanks out what is only TypeScript, so that everything else keeps its place. */
function stripTypes(text: string): string {
  const emitWarning = process.emitWarning.bind(process);
  // Node warns on stderr that this function may change. A test holds what is used of it, and users need not know.
  process.emitWarning = () => {};
  try {
    return stripTypeScriptTypes(text);
  } finally {
    process.emitWarning = emitWarning;
  }
}

function readSyntaxMessage(error: SyntaxError): string {
  // acorn ends its message with the place, which is told apart.
  return `syntax error: ${error.message.replace(/ \(\d+:\d+\)$/, "")}`;
}

function findSyntaxError(error: SyntaxError, text: string): { line: number; column: number } {
  if ("pos" in error && typeof error.pos === "number") return positionAt(text, error.pos);
  // Node's type stripper puts `:line`, some lines around it and a caret before the stack.
  const [before = ""] = (error.stack ?? "").split("\n\nSyntaxError", 1);
  const line = /^[^\n]*:(\d+)\n/.exec(before)?.[1];
  const caret = /^( *)\^+$/m.exec(before)?.[1];
  return { line: Number(line ?? 1), column: (caret ?? "").length + 1 };
}

function describeFailure(error: unknown, file: string, url: string): ConfigIssue {
  const message = (error instanceof Error ? error.message : String(error)).split("\n")[0]!;
  const stack = error instanceof Error ? (error.stack ?? "") : "";
  const at = stack.indexOf(`${url}:`);
  const [, line, column] = at === -1 ? [] : (/^(\d+):(\d+)/.exec(stack.slice(at + url.length + 1)) ?? []);
  return {
    path: [],
    message: `the file failed while it ran: ${redact(message).replaceAll(file, "this file")}`,
    file,
    line: Number(line ?? 1),
    column: Number(column ?? 1),
  };
}

/** Node.js has read the script already, when it was imported: it is parsed here only where a mistake is to be shown in it. */
class ScriptSource implements ConfigSource {
  readonly file: string;
  readonly text: string;
  #parsed: Program | SyntaxError | undefined;
  #secrets: readonly TextRange[] | undefined;
  readonly #variables = new Map<string, Expression>();
  #root: AnyNode | undefined;

  constructor(file: string, text: string) {
    this.file = file;
    this.text = text;
  }

  /** Why the text is no script. */
  get syntaxError(): ConfigIssue | undefined {
    const error = this.#parse();
    if (!(error instanceof SyntaxError)) return undefined;
    const { file, text } = this;
    return { path: [], message: readSyntaxMessage(error), file, ...findSyntaxError(error, text) };
  }

  get secrets(): readonly TextRange[] | undefined {
    this.#parse();
    return this.#secrets;
  }

  #parse(): Program | SyntaxError {
    if (this.#parsed !== undefined) return this.#parsed;
    const parsed = parseScript(this.file, this.text);
    this.#parsed = parsed;
    if (parsed instanceof SyntaxError) return parsed;
    this.#secrets = findSecrets(parsed);
    this.#findNames(parsed);
    return parsed;
  }

  #findNames(program: Program): void {
    for (const statement of program.body) {
      if (statement.type === "ExportDefaultDeclaration") this.#root = statement.declaration;
      const declaration = statement.type === "ExportNamedDeclaration" ? statement.declaration : statement;
      if (declaration?.type !== "VariableDeclaration" || declaration.kind !== "const") continue;
      for (const { id, init } of declaration.declarations) {
        if (id.type === "Identifier" && init) this.#variables.set(id.name, init);
      }
    }
  }

  findValue(path: ConfigPath): TextRange | undefined {
    return this.#findNode(path);
  }

  findKey(path: ConfigPath): TextRange | undefined {
    const parent = this.#resolve(this.#findNode(path.slice(0, -1)));
    return parent?.type === "ObjectExpression"
      ? this.#findProperty(parent, String(path.at(-1)))?.key
      : undefined;
  }

  #findNode(path: ConfigPath): AnyNode | undefined {
    this.#parse();
    let node = this.#root;
    for (const part of path) {
      const parent = this.#resolve(node);
      if (parent?.type === "ObjectExpression") node = this.#findProperty(parent, String(part))?.value;
      else if (parent?.type === "ArrayExpression") node = elementAt(parent.elements, Number(part));
      else return undefined;
    }
    // The call is the whole file; the object is where the reader looks.
    return path.length === 0 ? (this.#resolve(node) ?? node) : node;
  }

  /** Follows names of constants, and the argument of `defineConfig`; the bound is for names that name each other. */
  #resolve(node: AnyNode | undefined): AnyNode | undefined {
    let found = node;
    for (let steps = 0; steps < 100; steps++) {
      if (found?.type === "Identifier") found = this.#variables.get(found.name);
      else if (found?.type === "ParenthesizedExpression") found = found.expression;
      else if (found?.type === "CallExpression" && isDefineConfig(found.callee)) found = found.arguments[0];
      else return found;
    }
    return undefined;
  }

  /** The last that gives `key` its value, in the object itself or in one that is spread into it. */
  #findProperty(object: ObjectExpression, key: string): Property | undefined {
    for (const property of object.properties.toReversed()) {
      if (property.type === "SpreadElement") {
        const spread = this.#resolve(property.argument);
        const found = spread?.type === "ObjectExpression" ? this.#findProperty(spread, key) : undefined;
        if (found !== undefined) return found;
      } else if (nameOf(property) === key) {
        return property;
      }
    }
    return undefined;
  }
}

/** An element of a list; after a spread, nobody can tell how many there are before it. */
function elementAt(elements: readonly (AnyNode | null)[], index: number): AnyNode | undefined {
  const spread = elements.findIndex((element) => element?.type === "SpreadElement");
  return spread === -1 || index < spread ? (elements[index] ?? undefined) : undefined;
}

function isDefineConfig(callee: AnyNode): boolean {
  return callee.type === "Identifier" && callee.name === "defineConfig";
}

function nameOf(property: Pick<Property, "computed" | "key">): string | undefined {
  if (property.computed) return undefined;
  if (property.key.type === "Identifier") return property.key.name;
  return property.key.type === "Literal" ? String(property.key.value) : undefined;
}

function findSecrets(program: Program): TextRange[] {
  const secrets: TextRange[] = [];
  walk(program, (node) => {
    if (node.type === "Literal" && typeof node.value === "string" && holdsSecret(node.value))
      secrets.push(node);
    if (node.type === "Property" && SECRET_KEY.test(nameOf(node) ?? "")) hide(node.value);
    if (
      node.type === "VariableDeclarator" &&
      node.id.type === "Identifier" &&
      SECRET_KEY.test(node.id.name)
    ) {
      if (node.init) hide(node.init);
    }
  });
  // In their order, and each once: a text under a secret's name may look like one, too.
  return [...new Set(secrets)].toSorted((left, right) => left.start - right.start);

  /** What `env` is given, unless it is a name. */
  function hideUnlessName(value: AnyNode): void {
    if (value.type !== "Literal" || !VARIABLE_NAME.test(String(value.value))) hide(value);
  }

  /** Texts, also as a fallback (`process.env.X ?? "text"`) or in a list. */
  function hide(value: AnyNode): void {
    if (value.type === "TemplateLiteral") secrets.push(value);
    else if (value.type === "Literal" && typeof value.value === "string") secrets.push(value);
    else if (value.type === "LogicalExpression" || value.type === "BinaryExpression")
      [value.left, value.right].forEach(hide);
    else if (value.type === "ArrayExpression") value.elements.forEach((element) => element && hide(element));
    else if (value.type === "CallExpression") value.arguments.forEach(hideUnlessName);
    else if (value.type === "ObjectExpression")
      value.properties.forEach((property) => {
        if (property.type !== "Property") return;
        // The members of a private JWK look like names of variables, too.
        if (nameOf(property) === "env") hideUnlessName(property.value);
        else hide(property.value);
      });
  }
}

export function walk(node: AnyNode, visit: (node: AnyNode) => void): void {
  visit(node);
  for (const value of Object.values(node) as unknown[]) {
    for (const child of Array.isArray(value) ? (value as unknown[]) : [value])
      if (isNode(child)) walk(child, visit);
  }
}

function isNode(value: unknown): value is AnyNode {
  return typeof value === "object" && value !== null && "type" in value && typeof value.type === "string";
}
