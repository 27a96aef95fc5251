/** Where a command writes, and what it may know of its around. */
export interface Terminal {
  /** The directory in which the command was called. */
  readonly directory: string;
  readonly stdout: TextOutput;
  readonly stderr: TextOutput;
}

export interface TextOutput {
  write(text: string): void;
  /** Whether colours are wanted: a terminal that has them, and neither `NO_COLOR` nor the like. */
  readonly color: boolean;
  /** Columns. */
  readonly width: number;
}

/** The terminal, or whatever else the process's own streams are connected to. */
export function processTerminal(): Terminal {
  return { directory: process.cwd(), stdout: output(process.stdout), stderr: output(process.stderr) };
}

/** Ends the process when all is written; a config may have left timers or sockets behind that would keep it. */
export function endProcess(exitCode: number): void {
  process.exitCode ||= exitCode;
  process.stdout.write("", () => process.stderr.write("", () => process.exit()));
}

function output(stream: NodeJS.WriteStream): TextOutput {
  stream.on("error", () => {});
  return {
    write: (text) => void stream.write(text, (error) => reportLoss(stream, error)),
    color: stream.isTTY && stream.hasColors(),
    width: stream.isTTY ? stream.columns : 80,
  };
}

/** Whoever reads may stop reading (`portcullis schema | head`), which is no mistake; a full disk is one. */
function reportLoss(stream: NodeJS.WriteStream, error: NodeJS.ErrnoException | null | undefined): void {
  if (!error || error.code === "EPIPE") return;
  process.exitCode = 1;
  if (stream === process.stdout) process.stderr.write(`error: stdout cannot be written: ${error.message}\n`);
}
