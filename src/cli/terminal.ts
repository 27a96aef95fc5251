/** Where a command writes, and what it may know of its surroundings. */
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

function output(stream: NodeJS.WriteStream): TextOutput {
  // Whoever reads may stop reading (`portcullis schema | head`), which is no reason to end, and a gateway goes on.
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
  });
  return {
    write: (text) => void stream.write(text),
    color: stream.isTTY && stream.hasColors(),
    width: stream.isTTY ? stream.columns : 80,
  };
}
