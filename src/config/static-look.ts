import { readFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { parse } from "acorn";
import type { AnyNode } from "acorn";
import type { AnyPolicyKind } from "../contract/policy-kind.ts";
import { policyKinds } from "../policies/index.ts";
import { walk } from "./script-source.ts";

/** What a script says without being run. */
export interface StaticLook {
  /** What it imports, as it is written there. */
  readonly imports: readonly string[];
  /** Texts under the key `destination`: where a config's log goes. */
  readonly destinations: readonly string[];
  /** Texts in the config of a policy that reads files, under `file` and, also further inside, keys that end in `File`. */
  readonly files: readonly string[];
}

/** The names of the policies that read files, as they stand in a config. */
const READERS: ReadonlySet<string> = new Set(
  (policyKinds as readonly AnyPolicyKind[])
    .filter((kind) => kind.files !== undefined)
    .map((kind) => kind.name),
);

/** Reads a script without running any of it. What cannot be read has nothing: the run that follows says why. */
export function lookAtScript(file: string): StaticLook {
  const imports: string[] = [];
  const destinations: string[] = [];
  const files: string[] = [];
  try {
    const text = readFileSync(file, "utf8");
    const plain = /\.[cm]?ts$/.test(file) ? stripTypeScriptTypes(text) : text;
    walk(parse(plain, { ecmaVersion: "latest", sourceType: "module" }), (node) => {
      const imported = "source" in node ? textOf(node.source) : undefined;
      if (imported !== undefined) imports.push(imported);
      const name = keyOf(node);
      if (name === undefined) return;
      if (name === "destination") add(destinations, node);
      if (READERS.has(name) && node.type === "Property") addFiles(node.value, /^file$|File$/, files);
    });
  } catch {
    // Told by the run.
  }
  return { imports, destinations, files };
}

function addFiles(value: AnyNode, names: RegExp, files: string[]): void {
  if (value.type !== "ObjectExpression") return;
  for (const member of value.properties) {
    if (names.test(keyOf(member) ?? "")) add(files, member);
    else if (member.type === "Property") addFiles(member.value, /File$/, files);
  }
}

function keyOf(node: AnyNode): string | undefined {
  if (node.type !== "Property" || node.computed) return undefined;
  return node.key.type === "Identifier" ? node.key.name : textOf(node.key);
}

function add(texts: string[], node: AnyNode): void {
  const text = node.type === "Property" ? textOf(node.value) : undefined;
  if (text !== undefined) texts.push(text);
}

function textOf(node: AnyNode | null | undefined): string | undefined {
  return node?.type === "Literal" && typeof node.value === "string" ? node.value : undefined;
}
