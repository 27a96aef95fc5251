import { readFileSync } from "node:fs";
import { join } from "node:path";
import { JavaExpression, Unreadable } from "./java.ts";
import type { Payload } from "./payloads.ts";
import { inBothEncodings } from "./payloads.ts";

const FUNCTIONS: Readonly<Record<string, (...values: string[]) => string>> = {
  replace: (text, from, to) => text.replaceAll(from, () => to),
  replaceFirst: (text, from, to) => text.replace(from, () => to),
  setMethod: (text, method) => text.replace(/^\S+/, () => method),
  addOrReplaceHeader: (text, name, value) => {
    const field = new RegExp(`^${name}: .*$`, "im");
    const line = `${name}: ${value}`;
    return field.test(text)
      ? text.replace(field, () => line)
      : text.replace("\r\n\r\n", () => `\r\n${line}\r\n\r\n`);
  },
};

const SMUGGLED = "GET /smuggled HTTP/1.1\r\nX: Y";

/** Requests whose field is written in another way: both fields over a body that ends elsewhere by each, or one of them alone. */
const REQUESTS: readonly (readonly [field: string, request: string])[] = [
  ...["Transfer-Encoding", "Content-Length"].flatMap((field) =>
    (
      [
        ["0\r\n\r\nX", [6, 5]],
        ["1\r\nZ\r\n0\r\n\r\n", [4, 11]],
      ] as const
    ).flatMap(([body, lengths]) =>
      lengths.map(
        (length) =>
          [field, requestOf(`Content-Length: ${length}\r\nTransfer-Encoding: chunked\r\n`, body)] as const,
      ),
    ),
  ),
  ["Transfer-Encoding", requestOf("Transfer-Encoding: chunked\r\n", `0\r\n\r\n${SMUGGLED}`)],
  ["Content-Length", requestOf(`Content-Length: ${SMUGGLED.length}\r\n`, SMUGGLED)],
];

function requestOf(fields: string, body: string): string {
  return `POST / HTTP/1.1\r\nHost: localhost\r\n${fields}\r\n${body}`;
}

/** A way to write one header field: its name, and what the code does to `permuted` or `transformed`. */
interface Technique {
  readonly name: string;
  readonly assignments: readonly (readonly [target: string, expression: string])[];
  /** The character that a loop puts in. */
  readonly character: number;
}

/**
 * The permutations of a checkout of HTTP Request Smuggler (PortSwigger), each applied to Transfer-Encoding and to Content-Length;
 * those for HTTP/2 are left out. Also tells how many are beyond this reader.
 */
export function readRequestSmuggler(folder: string): { payloads: Payload[]; unread: number } {
  return readPermutations(readFileSync(join(folder, "src", "burp", "DesyncBox.java"), "utf8"));
}

export function readPermutations(source: string): { payloads: Payload[]; unread: number } {
  const payloads: Payload[] = [];
  let unread = 0;
  for (const technique of readTechniques(source)) {
    try {
      payloads.push(...applied(technique));
    } catch (error) {
      if (!(error instanceof Unreadable)) throw error;
      unread++;
    }
  }
  return { payloads, unread };
}

function readTechniques(source: string): Technique[] {
  const code = source.slice(source.indexOf("applyDesync")).replace(/^\s*\/\/.*$/gm, "");
  const characters = [...code.matchAll(/chars\.add\((\d+)\)/g)].map(([, number]) => Number(number));
  const starts = [...code.matchAll(/case "([^"]+)":|technique\.equals\("([^"]+)"(\s*\+\s*i)?\)/g)];
  return starts.flatMap((start, at): Technique[] => {
    const name = (start[1] ?? start[2])!;
    const block = code.slice(start.index, starts[at + 1]?.index).split(/\bbreak;|\breturn /)[0]!;
    const assignments = [...block.matchAll(/\b(permuted|transformed) = +(.+);/g)].map(
      ([, target, expression]) => [target!, expression!] as const,
    );
    if (/^(?:h2|http2|vanilla$)/.test(name)) return [];
    if (start[3] === undefined) return [{ name, assignments, character: 0 }];
    return characters.map((character) => ({ name: `${name}${character}`, assignments, character }));
  });
}

function applied({ name, assignments, character }: Technique): Payload[] {
  if (assignments.length === 0) throw new Unreadable(name);
  return REQUESTS.flatMap(([field, request], at) => {
    const value = new RegExp(`^${field}: (.*)$`, "m").exec(request)![1]!;
    const names: Record<string, string | number> = {
      header: `${field}: `,
      value,
      request,
      transformed: request,
      i: character,
    };
    for (const [target, expression] of assignments) {
      const result = new JavaExpression(expression, names, FUNCTIONS).evaluate();
      names[target] = result;
      if (target === "permuted") names["transformed"] = request.replace(`${field}: `, () => result);
    }
    const bytes = String(names["transformed"]);
    return bytes === request ? [] : inBothEncodings(`${name} of ${field}, request ${at + 1}`, bytes);
  });
}
