import { ConfigError } from "../config/issue.ts";
import { loadConfig, placeError } from "../config/load.ts";
import { idleHost } from "../host/idle-host.ts";
import { Gateway } from "../gateway/gateway.ts";
import { describeSize } from "./text.ts";
import type { Terminal } from "./terminal.ts";

/** Tells everything that `run` would refuse, without opening a port or a log. */
export async function check(path: string | undefined, terminal: Terminal): Promise<void> {
  const { config, source } = await loadConfig(path, terminal.directory);
  try {
    const gateway = new Gateway(config, idleHost);
    terminal.stdout.write(`the config is right: ${describeSize(gateway.size)}\n`);
    await gateway.close();
  } catch (error) {
    throw error instanceof ConfigError ? placeError(error, source) : error;
  }
}
