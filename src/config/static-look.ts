import { readFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { parse } from "acorn";
import type { AnyNode } from "acorn";
import { walk } from "./script-source.ts";

/** What a script says without being run. */
export interface StaticLook {
  /** What it imports, as it is written there. */
  readonly imports: readonly string[];
  /** Texts under the key `destination`: where a config's log goes. */
  readonly destinations: readonly string[];
  /** Texts under the keys of `FILE_KEYS`: what policies read. */
  readonly files: readonly string[];
}

/** The options of policies that name a file to read when a config is loaded. */
export const FILE_KEYS: ReadonlySet<string> = new Set(["allowFile", "denyFile", "schemaFile"]);

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
      if (node.type !== "Property" || node.key.type !== "Identifier") return;
      const value = textOf(node.value);
      if (value === undefined) return;
      if (node.key.name === "destination") destinations.push(value);
      else if (FILE_KEYS.has(node.key.name)) files.push(value);
    });
  } catch {
    // Told by the run.
  }
  return { imports, destinations, files };
}

function textOf(node: AnyNode | null | undefined): string | undefined {
  return node?.type === "Literal" && typeof node.value === "string" ? node.value : undefined;
}
