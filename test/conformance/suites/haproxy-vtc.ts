import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { unescapeLiteral } from "./escapes.ts";
import type { CaseOutcome } from "./outcome.ts";
import type { Payload } from "./payloads.ts";

const FILES = "reg-tests/http-messaging/{h1_host_*,h1_request_*,h1_authority_*,http_transfer_encoding}.vtc";

/** What clients of HTTP/1.1 say in HAProxy's regression tests of messages and targets, with the statuses that HAProxy answers with. */
export function readHaproxy(folder: string): Payload[] {
  return globSync(FILES, { cwd: folder })
    .toSorted()
    .flatMap((file) => readClients(file.replace(/^.*\//, ""), readFileSync(join(folder, file), "utf8")));
}

/** Each `client` of a file has a connection of its own; what it sends is sent at once. */
export function readClients(file: string, text: string): Payload[] {
  const lines = text.replaceAll("\\\n", " ");
  return [...lines.matchAll(/^client (\w+) (.*)\{\n([\s\S]*?)^\}/gm)].flatMap(
    ([, name, where, commands = ""]) => {
      // Behind the second frontend, what matters is what its service answers.
      if (where!.includes("fe2")) return [];
      let bytes = "";
      for (const [, command, rest = ""] of commands.matchAll(/^\s*(txreq|send)\b(.*)$/gm))
        bytes += command === "send" ? argumentsOf(rest).join("") : requestOf(argumentsOf(rest));
      const status = Number(/expect resp\.status == (\d+)/.exec(commands)?.[1]);
      if (bytes === "" || Number.isNaN(status)) return [];
      return [
        {
          name: `${file} ${name}`,
          bytes,
          expected: { statuses: [[status, status === 200 ? 299 : status]] },
        } satisfies Payload,
      ];
    },
  );
}

function argumentsOf(text: string): string[] {
  return [...text.matchAll(/"((?:[^"\\]|\\.)*)"|(\S+)/g)].map(([, quoted, bare]) =>
    quoted === undefined ? bare! : unescapeLiteral(quoted),
  );
}

/** The request that `txreq` writes: GET / HTTP/1.1 unless told otherwise, with Host and a length unless there is reason not to. */
function requestOf(words: readonly string[]): string {
  const named: Record<string, string> = {
    "-req": "GET",
    "-method": "",
    "-url": "/",
    "-proto": "HTTP/1.1",
    "-body": "",
  };
  const fields: string[] = [];
  for (let at = 0; at < words.length; at++) {
    const word = words[at]!;
    if (word === "-hdr") fields.push(words[++at]!);
    else if (word in named) named[word] = words[++at]!;
  }
  const body = named["-body"]!;
  if (!words.includes("-nohost") && !fields.some((field) => /^host:/i.test(field)))
    fields.push("Host: localhost");
  if (body !== "" && !words.includes("-nolen")) fields.push(`Content-Length: ${body.length}`);
  const line = `${named["-method"]! || named["-req"]!} ${named["-url"]!} ${named["-proto"]!}`;
  return `${line}\r\n${fields.map((field) => `${field}\r\n`).join("")}\r\n${body}`;
}

/** HAProxy refuses a target and a Host that differ; what RFC 9112, 3.2.2, has a proxy do is another matter. */
export function withKnown(outcomes: readonly CaseOutcome[]): CaseOutcome[] {
  return outcomes.map((outcome) => {
    const [, target, host] =
      /^"GET http:\/\/([^/]*)\/ HTTP\/1\.1\\r\\nhost: ([^\\]*)\\r/.exec(outcome.detail ?? "") ?? [];
    if (outcome.why !== "answered 200" || target === host) return outcome;
    return {
      ...outcome,
      verdict: "known",
      why: "the target's host goes before Host, and is all that the service is told",
    };
  });
}
