import assert from "node:assert/strict";
import { ConfigError } from "../config/issue.ts";
import { formatPath } from "../lib/config-path.ts";
import { parseConfig } from "../config/parse.ts";
import { Gateway } from "../gateway/gateway.ts";
import { simulatedHost } from "../simulation/simulated-host.ts";

/** What is wrong with a config, as `place: message (hint)`, on a host that reaches nobody. */
export function configMistakes(config: unknown): string[] {
  try {
    void new Gateway(parseConfig(config), simulatedHost()).close();
    return [];
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error));
    return error.issues.map(
      ({ path, message, hint = "" }) => `${formatPath(path)}: ${message}${hint === "" ? "" : ` (${hint})`}`,
    );
  }
}
