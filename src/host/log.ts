import { isatty } from "node:tty";
import { requirePackage } from "../lib/require-package.ts";
import type { Log } from "./host.ts";
import { LineWriter, openSink } from "./line-writer.ts";
import { escapeCommands, keepEscapes } from "./log-lines.ts";
import { describeError } from "./logged-error.ts";

export type LogLevel = "info" | "warn" | "error";

export interface LogOptions {
  /** The least severe level that is written. */
  readonly level: LogLevel | "silent";
  /** `auto`: pretty where lines go to a terminal. */
  readonly format: "auto" | "json" | "pretty";
  /** `stdout`, `stderr` or the path of a file that is appended to. */
  readonly destination: string;
}

export interface OpenLog extends Log {
  /** Whether lines of that level are written at all. */
  writes(level: LogLevel): boolean;
  /** Writes one line of JSON, with its line feed, as pino would have made it and with nothing in it that acts on a terminal. */
  writeLine(json: string): void;
  /** Writes what is left; what comes after is lost. */
  close(): Promise<void>;
}

/**
 * Opens the gateway's log: JSON lines as pino writes them, or text for a person. Lines go out in batches, a tenth of a second
 * late at most, all of them before the process exits. Throws the system's error when the file cannot be opened.
 */
export function openLog({ level, format, destination }: LogOptions): OpenLog {
  const writer = new LineWriter(openSink(destination));
  const onTerminal = (destination === "stdout" && isatty(1)) || (destination === "stderr" && isatty(2));
  const prettify =
    format === "pretty" || (format === "auto" && onTerminal) ? createPrettify(onTerminal) : undefined;

  const writeLine = (json: string): void =>
    writer.write(prettify === undefined ? json : prettify(keepEscapes(json)));
  const serializers = { err: (error: unknown) => describeError(error) };
  const { pino } = requirePackage("pino") as typeof import("pino");
  const logger = pino(
    { level, base: null, serializers },
    { write: (json) => writeLine(escapeCommands(json)) },
  );
  return {
    info: (fields, message) => logger.info(fields, message),
    warn: (fields, message) => logger.warn(fields, message),
    error: (fields, message) => logger.error(fields, message),
    writes: (level) => logger.isLevelEnabled(level),
    writeLine,
    close: () => writer.close(),
  };
}

function createPrettify(colorize: boolean): (json: string) => string {
  // Only loaded where somebody looks at it.
  const { prettyFactory } = requirePackage("pino-pretty") as typeof import("pino-pretty");
  return prettyFactory({
    colorize,
    singleLine: true,
    translateTime: "SYS:HH:MM:ss.l",
    // What the message of a request says already, and what counting machines want.
    ignore: "method,path,status,code,totalMs,aborted,requestBytes,responseBytes",
    messageFormat(line, messageKey) {
      const { method, path, status, code, totalMs, aborted } = line;
      const message = line[messageKey];
      if (typeof method !== "string" || typeof path !== "string" || typeof totalMs !== "number") {
        return typeof message === "string" ? message : "";
      }
      const outcome = typeof status === "number" ? status : "without an answer";
      const reason = typeof code === "string" ? ` ${code}` : "";
      return `${method} ${path} ${outcome}${reason}${aborted === true ? ", cut short," : ""} in ${totalMs.toFixed(1)} ms`;
    },
  });
}
