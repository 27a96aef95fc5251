import { ConfigError } from "../config/issue.ts";
import { loadConfig, placeError } from "../config/load.ts";
import { reportIssues } from "../config/report.ts";
import type { Config } from "../config/schema.ts";
import { systemClock } from "../host/clock.ts";
import { createGateway } from "../gateway/create-gateway.ts";
import type { Gateway } from "../gateway/gateway.ts";
import { describeSize } from "./text.ts";
import type { Terminal } from "./terminal.ts";

const SAME_SIGNAL_MS = 1000;

export interface RunOptions {
  readonly sandbox?: boolean;
}

/** Runs the gateway until a signal ends it; resolves with the exit code. */
export async function run(
  path: string | undefined,
  { sandbox }: RunOptions,
  terminal: Terminal,
): Promise<number> {
  if (sandbox === true) {
    const { enterSandbox } = await import("./sandbox.ts");
    await enterSandbox(path, terminal);
  }
  let gateway: Gateway;
  let listen: Config["listen"];
  try {
    const { config, source } = await loadConfig(path, terminal.directory);
    listen = config.listen;
    gateway = build(config, (error) => placeError(error, source));
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    // One line each: what starts a gateway is often not a person at a terminal. `check` shows more.
    const { color } = terminal.stderr;
    terminal.stderr.write(reportIssues(error, { color, directory: terminal.directory, frames: false }));
    return 1;
  }

  const stopped = firstSignal();
  try {
    const { url } = await gateway.start();
    outliveErrors(gateway);
    terminal.stdout.write(`portcullis is ready on ${url} (${describeSize(gateway.size)})\n`);
  } catch (error) {
    await gateway.close();
    const problem = describeListenError(error, listen);
    if (problem === undefined) throw error;
    terminal.stderr.write(`error: ${problem}\n`);
    return 1;
  }
  await stopped;
  endAtSecondSignal();
  await gateway.close();
  return 0;
}

function build(config: Config, place: (error: ConfigError) => ConfigError): Gateway {
  try {
    return createGateway(config);
  } catch (error) {
    throw error instanceof ConfigError ? place(error) : error;
  }
}

/**
 * A promise that a function of the config forgot, or a listener of its signal that throws, is one request's error: any
 * client that breaks off at the right moment could otherwise end all others.
 */
function outliveErrors(gateway: Gateway): void {
  process.on("unhandledRejection", (error) => gateway.logUncaught(error));
  process.on("uncaughtException", (error) => gateway.logUncaught(error));
}

/** The first signal; with the listeners left in place, none that follows ends the process by itself. */
function firstSignal(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => resolve());
  });
}

/** npm passes on a Ctrl-C that the terminal has sent to everybody: one so soon after a signal is the same one. */
function endAtSecondSignal(): void {
  const sinceMs = systemClock.now();
  process.on("SIGTERM", () => process.exit(1));
  process.on("SIGINT", () => {
    if (systemClock.now() - sinceMs > SAME_SIGNAL_MS) process.exit(1);
  });
}

/** What to do about an address that cannot be had; undefined for errors of another kind. */
function describeListenError(error: unknown, { host, port }: Config["listen"]): string | undefined {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  switch (code) {
    case "EADDRINUSE":
      return `port ${port} of ${host} is in use: stop what listens there, or set listen.port to another`;
    case "EACCES":
      return `this user may not listen on port ${port}: set listen.port to one from 1024 on`;
    case "EADDRNOTAVAIL":
      return `this machine has no address ${host}: set listen.host to one that it has, or to 0.0.0.0 for all`;
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return `the name ${host} is not known: set listen.host to an address, such as 127.0.0.1`;
    default:
      return undefined;
  }
}
