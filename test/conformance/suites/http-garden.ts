import { readFileSync } from "node:fs";
import { join } from "node:path";
import { unescapeLiteral } from "./escapes.ts";
import type { Payload } from "./payloads.ts";

/**
 * The payloads that a checkout of the HTTP Garden shows: those of the faults that it found in servers and proxies, those of its
 * README, and the requests by which it tells servers apart.
 */
export function readGarden(folder: string): Payload[] {
  const read = (...path: string[]) => readFileSync(join(folder, ...path), "utf8");
  return [
    ...readTrophies(read("TROPHIES.md")),
    ...literals("README", read("README.md"), /payload '((?:[^'\\]|\\.)*)'/g),
    ...literals(
      "quirk",
      read("tools", "probe_quirks.py"),
      /b"((?:[^"\\]|\\.)* (?:[^"\\]|\\.)*\\r\\n\\r\\n)"/g,
    ),
  ];
}

/** Several payloads of one fault are sent one after the other on one connection. */
export function readTrophies(text: string): Payload[] {
  const payloads: Payload[] = [];
  for (const { 1: line = "" } of text.matchAll(/^ *- Payload: (.*)$/gm)) {
    const parts = [...line.matchAll(/`([^`]*)`/g)].map(([, part]) => unescapeLiteral(part!));
    if (parts.length > 0) payloads.push({ name: `trophy ${payloads.length + 1}`, bytes: parts.join("") });
  }
  return payloads;
}

function literals(name: string, text: string, pattern: RegExp): Payload[] {
  return [...text.matchAll(pattern)].map(([, literal], index) => ({
    name: `${name} ${index + 1}`,
    bytes: unescapeLiteral(literal!),
  }));
}
