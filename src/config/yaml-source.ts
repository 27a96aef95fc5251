import { isAlias, isMap, isScalar, isSeq, parseDocument, visit } from "yaml";
import type { Document, Node, Pair, YAMLError, YAMLMap } from "yaml";
import { findJsonProblem } from "../lib/json-problem.ts";
import { holdsSecret, SECRET_KEY, VARIABLE_NAME } from "../lib/redact.ts";
import { positionAt } from "../lib/text-position.ts";
import { ConfigError } from "./issue.ts";
import type { ConfigIssue } from "./issue.ts";
import type { ConfigPath } from "../lib/config-path.ts";
import type { ReadConfig } from "./read-config.ts";
import type { ConfigSource, TextRange } from "./source.ts";

/** Reads YAML 1.2. Throws a `ConfigError` for what is not well formed. */
export function readYaml(file: string, text: string): ReadConfig {
  const document = parseDocument(text, { prettyErrors: false });
  const source = new YamlSource(file, text, document);
  const problems = [...document.errors, ...document.warnings];
  const broken = problems.filter((problem) => problem.code !== "DUPLICATE_KEY");
  if (broken.length > 0) {
    throw new ConfigError(explainBroken(file, text, broken), new YamlSource(file, text, undefined));
  }
  try {
    const value: unknown = document.toJS({ maxAliasCount: 100 });
    return { value, source, issues: source.findDuplicateKeys() };
  } catch (error) {
    // An alias without an anchor, or aliases of aliases that expand without bound.
    const words = error instanceof Error ? error.message : String(error);
    // The parser's words end in the name, and an unquoted secret that begins with * is taken for one.
    const message = words.startsWith("Unresolved alias")
      ? "an alias has no anchor before it: put a text that begins with * into quotes"
      : words;
    throw new ConfigError([issueAt(file, text, 0, message)], source);
  }
}

/** Reads JSON. YAML contains it, so that the same parser tells where things stand. */
export function readJson(file: string, written: string): ReadConfig {
  // Some editors begin a file with a byte order mark, which RFC 8259 section 8.1 lets readers ignore.
  const text = written.replace(/^\uFEFF/, "");
  const problem = findJsonProblem(text);
  if (problem !== undefined) {
    const issue = issueAt(file, text, problem.offset, problem.message);
    throw new ConfigError([issue], new YamlSource(file, text, undefined));
  }
  const source = new YamlSource(file, text, parseDocument(text, { prettyErrors: false, schema: "json" }));
  return { value: JSON.parse(text) as unknown, source, issues: source.findDuplicateKeys() };
}

/** The first few problems: where one is, the parser often finds hundreds of others that are none. */
function explainBroken(file: string, text: string, problems: readonly YAMLError[]): ConfigIssue[] {
  const issues = new Map<string, ConfigIssue>();
  for (const { code, message, pos } of problems) {
    const words = rewordYamlProblem(code, message);
    if (!issues.has(words)) issues.set(words, issueAt(file, text, pos[0], words));
  }
  return [...issues.values()].slice(0, 5);
}

/** The parser's words, but where they speak to a programmer. */
function rewordYamlProblem(code: string, message: string): string {
  if (code === "MULTIPLE_DOCS") return "a second document begins here, and a config is one";
  // An unquoted secret that begins with ! is taken for one, and the message would repeat it.
  if (code === "TAG_RESOLVE_FAILED") return "this begins with !, which makes it a tag: put texts into quotes";
  return /call stack size|stack overflow/i.test(message) ? "this is nested too deeply" : message;
}

class YamlSource implements ConfigSource {
  readonly file: string;
  readonly text: string;
  readonly secrets: readonly TextRange[] | undefined;
  readonly #document: Document | undefined;

  /** Without a document where the text cannot be read. */
  constructor(file: string, text: string, document: Document | undefined) {
    this.file = file;
    this.text = text;
    this.#document = document;
    this.secrets = document === undefined ? undefined : findSecrets(document);
  }

  findValue(path: ConfigPath): TextRange | undefined {
    return rangeOf(this.#findNode(path));
  }

  findKey(path: ConfigPath): TextRange | undefined {
    const map = this.#findNode(path.slice(0, -1));
    return isMap(map) ? rangeOf(findPair(map, path.at(-1))?.key) : undefined;
  }

  /** Keys that stand twice in one object: the first would silently lose. */
  findDuplicateKeys(): ConfigIssue[] {
    const issues: ConfigIssue[] = [];
    if (this.#document === undefined) return issues;
    visit(this.#document, {
      Map: (_, map) => {
        const keys = new Set<string>();
        for (const pair of map.items) {
          const key = keyOf(pair);
          const at = rangeOf(pair.key)?.start ?? 0;
          if (keys.has(key))
            issues.push(issueAt(this.file, this.text, at, `${JSON.stringify(key)} is there twice`));
          keys.add(key);
        }
      },
    });
    return issues;
  }

  #findNode(path: ConfigPath): unknown {
    let node: unknown = this.#resolve(this.#document?.contents);
    for (const part of path) {
      if (isMap(node)) node = findPair(node, part)?.value;
      else if (isSeq(node) && typeof part === "number") node = node.items[part];
      else return undefined;
      node = this.#resolve(node);
    }
    return node;
  }

  #resolve(node: unknown): unknown {
    return isAlias(node) && this.#document !== undefined ? node.resolve(this.#document) : node;
  }
}

function issueAt(file: string, text: string, offset: number, message: string): ConfigIssue {
  return { path: [], message, file, ...positionAt(text, offset) };
}

/** The last of that name, since its value is the one that counts. */
function findPair(map: YAMLMap, key: string | number | undefined): Pair | undefined {
  return map.items.findLast((pair) => keyOf(pair) === String(key));
}

function keyOf(pair: Pair): string {
  return String(isScalar(pair.key) ? pair.key.value : pair.key);
}

function rangeOf(node: unknown): TextRange | undefined {
  const range = (node as Node | null | undefined)?.range;
  return range === undefined || range === null ? undefined : { start: range[0], end: range[1] };
}

function findSecrets(document: Document): TextRange[] {
  const secrets: TextRange[] = [];
  visit(document, {
    Pair: (_, pair) => {
      if (SECRET_KEY.test(keyOf(pair))) hide(pair.value);
    },
    Scalar: (_, scalar) => {
      if (typeof scalar.value === "string" && holdsSecret(scalar.value)) push(scalar);
    },
  });
  // In their order: what looks like a secret may stand under the name of one, too.
  return secrets.toSorted((left, right) => left.start - right.start);

  function hide(value: unknown): void {
    if (isSeq(value)) value.items.forEach(hide);
    else if (isAlias(value) || (isScalar(value) && typeof value.value === "string")) push(value);
    else if (isMap(value)) {
      // The members of a private JWK look like names of variables, too.
      for (const pair of value.items) {
        const named =
          keyOf(pair) === "env" && isScalar(pair.value) && VARIABLE_NAME.test(String(pair.value.value));
        if (isScalar(pair.value) && !named) push(pair.value);
      }
    }
  }

  function push(node: unknown): void {
    const range = rangeOf(node);
    if (range !== undefined) secrets.push(range);
  }
}
