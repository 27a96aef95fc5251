import { CLIENT_CODES } from "../../src/core/client-codes.ts";
import type { RefusalKind } from "../../src/http/refusal.ts";
import { escapeText } from "./markdown.ts";
import { refusalGroups } from "./refusals.ts";

const INTRODUCTION = `# Problems

Every code that the gateway gives a refusal: in the member \`code\` of the response's body, in the log's \`code\`, and as the
anchor of the \`type\` that leads here. Codes do not change once released. How refusals look is told in
[errors](../guides/errors.md).

Made from the lists in the sources by \`npm run docs\`.
`;

/** `docs/reference/problems.md`. */
export async function problemsPage(): Promise<string> {
  const sections = (await refusalGroups()).map(
    ({ owner, about, refusals }) => `## ${owner}\n\n${about}\n\n${refusals.map(describe).join("\n")}`,
  );
  const lost = Object.entries(CLIENT_CODES).map(
    ([code, { happened, todo }]) => `${heading(code)}\n${happened} ${todo}\n`,
  );
  const client = `## client\n\nThese stand in the log alone, since no client is there to be answered. They never count against a service.\n\n${lost.join("\n")}`;
  return [INTRODUCTION, ...sections, client].join("\n");
}

function describe({ code, status, title, detail, type }: RefusalKind): string {
  const registered = type === undefined ? "" : ` Its \`type\` is <${type}>.`;
  return `${heading(code)}\n**${status} ${escapeText(title)}.** ${escapeText(detail)}${registered}\n`;
}

/** The anchor is written out: those that are made from headings lose dots and capitals. */
function heading(code: string): string {
  return `### <a id="${code}"></a>\`${code}\`\n`;
}
