import { ConfigError } from "../config/issue.ts";
import type { Config } from "../config/schema.ts";
import { systemClock } from "../host/clock.ts";
import type { Host } from "../host/host.ts";
import { openLog, type OpenLog } from "../host/log.ts";
import { systemOutbound } from "../host/outbound.ts";
import { systemRandom } from "../host/random.ts";
import { systemNetwork } from "../host/sockets.ts";
import { createAccessLog } from "../observe/access-log.ts";
import { Gateway } from "./gateway.ts";

/**
 * Makes a gateway from a checked config: on this machine, or on `given`, which then has the log as well. Throws a `ConfigError` with what
 * only shows when it is put together.
 */
export function createGateway(config: Config, given?: Host): Gateway {
  if (given !== undefined) return new Gateway(config, given);
  // Node.js loads its fetch when it is first used, which takes 20 ms and would be in the middle of a request.
  void globalThis.Request;
  const log = openLogOf(config);
  const host = {
    clock: systemClock,
    random: systemRandom,
    network: systemNetwork,
    outbound: systemOutbound,
    log,
  };
  const observers = config.log.access ? [createAccessLog(log, systemClock)] : [];
  return new Gateway(config, host, { observers: () => observers, closed: () => log.close() });
}

function openLogOf(config: Config): OpenLog {
  try {
    return openLog(config.log);
  } catch (error) {
    const message = `the log cannot be opened: ${error instanceof Error ? error.message : String(error)}`;
    throw new ConfigError([
      { path: ["log", "destination"], message, hint: "name a file in a folder that exists" },
    ]);
  }
}
