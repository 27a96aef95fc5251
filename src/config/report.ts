import { relative } from "node:path";
import { styleText } from "node:util";
import { maskUrls, SECRET_KEY } from "../lib/redact.ts";
import { formatPath } from "../lib/config-path.ts";
import type { ConfigError, ConfigIssue } from "./issue.ts";
import type { ConfigSource, TextRange } from "./source.ts";

/** How many characters of a line are shown at most. */
const FRAME_WIDTH = 120;

/** How an error is shown. */
export interface ReportSettings {
  readonly color: boolean;
  /** Files below it are named relative to it. */
  readonly directory: string;
  /** Whether the lines of the file are shown; without them, each mistake takes one line. */
  readonly frames: boolean;
}

/**
 * An error for a person: for each mistake `file:line:column - error: message`, the line with a caret under the place, and
 * a hint. Secrets are never shown: values under the names of secrets are masked, and whatever looks like a key is, too.
 */
export function reportIssues(error: ConfigError, settings: ReportSettings): string {
  const paint: Paint = (format, text) =>
    settings.color ? styleText(format, text, { validateStream: false }) : text;
  const blocks = error.issues.map((issue) => drawIssue(issue, error, settings, paint));
  const [file] = error.issues.flatMap((issue) => issue.file ?? []);
  if (!settings.frames || file === undefined) return blocks.map((block) => `${block}\n`).join("");
  const count = error.issues.length;
  blocks.push(`${count} ${count === 1 ? "error" : "errors"} in ${relativeTo(settings.directory, file)}`);
  return `${blocks.join("\n\n")}\n`;
}

type Paint = (format: "red" | "cyan" | "dim" | "bold", text: string) => string;

function drawIssue(issue: ConfigIssue, error: ConfigError, settings: ReportSettings, paint: Paint): string {
  const place =
    issue.file === undefined
      ? ""
      : `${paint("cyan", `${relativeTo(settings.directory, issue.file)}:${issue.line}:${issue.column}`)} - `;
  const first = `${place}${paint("red", "error")}: ${paint("bold", clean(messageOf(issue, error)))}`;
  const hint = issue.hint === undefined ? "" : clean(issue.hint);
  const frame = error.source === undefined || !settings.frames ? undefined : drawFrame(issue, error.source);
  if (frame === undefined) return hint === "" ? first : `${first} (${hint})`;
  const lines = [first, "", `${paint("dim", frame.gutter)}${frame.code}`, paint("red", frame.caret)];
  if (hint !== "") lines.push(`  ${paint("dim", "hint:")} ${hint}`);
  return lines.join("\n");
}

/** Where the place can only be told roughly, the path says what is meant. */
function messageOf(issue: ConfigIssue, { source }: ConfigError): string {
  if (issue.path.length === 0 || source === undefined) return issue.message;
  const exact = issue.atKey === true ? source.findKey(issue.path) : source.findValue(issue.path);
  return exact === undefined ? `${formatPath(issue.path)}: ${issue.message}` : issue.message;
}

function drawFrame(
  issue: ConfigIssue,
  source: ConfigSource,
): { gutter: string; code: string; caret: string } | undefined {
  if (issue.line === undefined || issue.column === undefined) return undefined;
  const line = source.text.split(/\r?\n/)[issue.line - 1];
  if (line === undefined) return undefined;
  const lineStart = offsetOfLine(source.text, issue.line);
  const before = maskLine(line.slice(0, issue.column - 1), lineStart, source.secrets);
  const whole = maskLine(line, lineStart, source.secrets);
  const skipped = before.length > FRAME_WIDTH - 20 ? before.length - 40 : 0;
  const gutter = `  ${issue.line} | `;
  return {
    gutter,
    code: clean(whole.slice(skipped, skipped + FRAME_WIDTH)),
    caret: `${" ".repeat(gutter.length + before.length - skipped)}^`,
  };
}

/** Replaces secrets that begin at offset `lineStart` or later, whole or in part. */
function maskLine(line: string, lineStart: number, secrets: readonly TextRange[] | undefined): string {
  let masked = "";
  let end = 0;
  for (const secret of secrets ?? []) {
    const from = Math.max(secret.start - lineStart, end);
    const to = Math.min(secret.end - lineStart, line.length);
    if (to <= from) continue;
    masked += `${line.slice(end, from)}***`;
    end = to;
  }
  masked = maskUrls(masked + line.slice(end));
  return secrets === undefined ? maskByLooks(masked) : masked;
}

const SECRET_AND_REST = new RegExp(`((?:${SECRET_KEY.source})[\\w-]*["'\`]?\\s*[:=]\\s*)\\S.*$`, "i");

/** For a text that cannot be read as a whole: masks all that follows a secret's name, and long random-looking words. */
function maskByLooks(line: string): string {
  return line.replace(SECRET_AND_REST, "$1***").replace(/[A-Za-z0-9+/=_-]{24,}/g, "***");
}

function offsetOfLine(text: string, line: number): number {
  let offset = 0;
  for (let number = 1; number < line; number++) offset = text.indexOf("\n", offset) + 1;
  return offset;
}

/**
 * Control characters, and marks that change the direction of text, would be commands to a terminal. A tab is shown as one
 * column, as it is counted.
 */
function clean(text: string): string {
  // oxlint-disable-next-line no-control-regex
  return text.replace(/[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g, " ");
}

function relativeTo(directory: string, file: string): string {
  const short = relative(directory, file);
  return short.startsWith("..") ? file : short;
}
