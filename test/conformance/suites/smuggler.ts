import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { unescapeLiteral } from "./escapes.ts";
import type { Payload } from "./payloads.ts";
import { inBothEncodings } from "./payloads.ts";

/** One mutation of a config file: its name and its header line. */
interface Mutation {
  readonly name: string;
  readonly header: string;
}

/** Bodies that end elsewhere by Content-Length than by chunks, with the lengths that the tool states for them. */
const BODIES: readonly (readonly [name: string, body: string, lengths: readonly number[]])[] = [
  ["TE.CL", "0\r\n\r\nX", [6, 5]],
  ["CL.TE", "1\r\nZ\r\n0\r\n\r\n", [4, 11]],
];

/** The payloads of each config in a checkout of smuggler (defparam), as its script would send them, by file name. */
export function readSmuggler(folder: string): Map<string, Payload[]> {
  const configs = join(folder, "configs");
  const files = readdirSync(configs).filter((file) => file.endsWith(".py"));
  return new Map(
    files.toSorted().map((file) => [file, readConfig(readFileSync(join(configs, file), "utf8"))]),
  );
}

export function readConfig(text: string): Payload[] {
  const template = readTemplate(text);
  return readMutations(text).flatMap(({ name, header }) =>
    BODIES.flatMap(([kind, body, lengths]) =>
      lengths.flatMap((length) => {
        const bytes = `${template
          .replace("__GADGET__", () => header)
          .replaceAll("__METHOD__", "POST")
          .replaceAll("__ENDPOINT__", "/")
          .replaceAll("__RANDOM__", "1")
          .replaceAll("__HOST__", "localhost")
          .replaceAll("__REPLACE_CL__", String(length))}\r\n${body}`;
        return inBothEncodings(`${name} ${kind} ${length}`, bytes);
      }),
    ),
  );
}

/** The lines `p.header = "..." + RN`; the one without a literal is the mutation's own. */
function readTemplate(text: string): string {
  let template = "";
  for (const [, value] of text.matchAll(/^\s*p\.header\s*\+?=\s*(.+?)\s*\+\s*RN\s*$/gm)) {
    const literal = /^"(.*)"$/.exec(value!);
    template += `${literal === null ? "__GADGET__" : unescapeLiteral(literal[1]!)}\r\n`;
  }
  return template;
}

function readMutations(text: string): Mutation[] {
  const mutations = new Map<string, string>();
  let values: readonly number[] = [0];
  for (const line of text.split("\n")) {
    const loop = /^for i in (?:range\((\w+),\s*(\w+)\)|\[(.+)\]):/.exec(line);
    if (loop !== null) values = loopValues(loop[1], loop[2], loop[3]);
    const mutation =
      /^(\s*)mutations\["((?:[^"\\]|\\.)*)"(?:%\(?[i,]+\)?)?\]\s*=\s*render_template\("((?:[^"\\]|\\.)*)"/.exec(
        line,
      );
    if (mutation === null) continue;
    const [, indent, name = "", header = ""] = mutation;
    for (const value of indent === "" ? [0] : values)
      mutations.set(filled(unescapeLiteral(name), value), filled(unescapeLiteral(header), value));
  }
  return [...mutations].map(([name, header]) => ({ name, header }));
}

function loopValues(from: string | undefined, to: string | undefined, list: string | undefined): number[] {
  if (list !== undefined) return list.split(",").map(Number);
  return Array.from({ length: Number(to) - Number(from) }, (_, index) => Number(from) + index);
}

/** Python's `%` with one number for every place. */
function filled(format: string, value: number): string {
  return format
    .replaceAll("%02x", value.toString(16).padStart(2, "0"))
    .replaceAll("%c", () => String.fromCharCode(value));
}
