import { readFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { parse } from "acorn";
import type { AnyNode } from "acorn";
import { fileFieldsOf } from "../lib/file-field.ts";
import { policyKinds } from "../policies/index.ts";
import { walk } from "./script-source.ts";

/** What a script says without being run. */
export interface StaticLook {
  /** What it imports, as it is written there. */
  readonly imports: readonly string[];
  /** Texts under the key `destination`: where a config's log goes. */
  readonly destinations: readonly string[];
  /** Texts in the configs of policies where these name files. */
  readonly files: readonly string[];
}

/** Where in the configs of policies files are named, by the names of the policies. */
const FILE_FIELDS: ReadonlyMap<string, readonly (readonly string[])[]> = new Map(
  policyKinds.map(({ name, config }) => [name, fileFieldsOf(config)]),
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
      if (node.type === "Property")
        for (const path of FILE_FIELDS.get(name) ?? []) addTextAt(node.value, path, files);
    });
  } catch {
    // Told by the run.
  }
  return { imports, destinations, files };
}

/** Adds the text that stands at `path` below an object, if one does. */
function addTextAt(value: AnyNode, path: readonly string[], texts: string[]): void {
  const text = path.length === 0 ? textOf(value) : undefined;
  if (text !== undefined) texts.push(text);
  if (path.length === 0 || value.type !== "ObjectExpression") return;
  for (const member of value.properties)
    if (member.type === "Property" && keyOf(member) === path[0])
      addTextAt(member.value, path.slice(1), texts);
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
