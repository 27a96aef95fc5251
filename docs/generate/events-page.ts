import { EVENTS, type EventMeaning } from "../../src/core/events.ts";
import { code, escapeText } from "./markdown.ts";

const INTRODUCTION = `# Events

What happens in the gateway beside its requests, with the line that the log has of it: its level, its \`msg\`, in which
\`{name}\` stands for a value, and its fields. A line is found by its \`msg\`: the event's name does not stand in it. Where there may be many of an event,
the first is told at once, and the next line says how many there were since.

Beside these and the requests, the log has the faults of the gateway itself, each with its stack: \`internal error\` with the
request's id, and \`uncaught error\`. The codes of requests, and of connections that were turned away, are among the
[problems](problems.md).

Made from the list in the sources by \`npm run docs\`.
`;

/** `docs/reference/events.md`. */
export function eventsPage(): string {
  return [INTRODUCTION, ...Object.entries(EVENTS).map(([kind, meaning]) => describe(kind, meaning))].join(
    "\n",
  );
}

function describe(kind: string, { level, message, fields, atMost, happened, todo }: EventMeaning): string {
  const named = atMost === undefined ? fields : [...fields, atMost.count];
  const often =
    atMost === undefined
      ? ""
      : ` At most one line in ${atMost.everyMs / 1000} seconds for each ${EACH[atMost.by] ?? code(atMost.by)}; ${code(atMost.count)} says how many there were.`;
  const lines = [
    `## <a id="${kind}"></a>${code(kind)}`,
    `**${level}** ${code(message)}`,
    `Fields: ${named.map(code).join(", ")}.${often}`,
    `${escapeText(happened)} ${escapeText(todo)}`,
  ];
  return `${lines.join("\n\n")}\n`;
}

/** What values stand for that are in no line. */
const EACH: Readonly<Record<string, string>> = { place: "place in the config" };
