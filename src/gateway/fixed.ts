import { isDeepStrictEqual } from "node:util";
import { ConfigError, type ConfigIssue } from "../config/issue.ts";
import type { ConfigPath } from "../lib/config-path.ts";
import type { Config } from "../config/schema.ts";

/** Throws a `ConfigError` with all that differs and that only a restart can change. */
export function refuseFixed(old: Config, config: Config): void {
  const issues: ConfigIssue[] = [];
  const hold = (path: ConfigPath, before: unknown, after: unknown, why: string): void => {
    if (isDeepStrictEqual(before, after)) return;
    issues.push({
      path,
      message: `a reload cannot change this: ${why}`,
      hint: "restart the gateway",
      atKey: true,
    });
  };
  for (const field of ["host", "port", "proxyProtocol"] as const) {
    hold(["listen", field], old.listen[field], config.listen[field], "connections are accepted by it");
  }
  hold(["log"], old.log, config.log, "lines are being written there");
  for (const [name, zone] of Object.entries(old.revocations)) {
    const changed = config.revocations[name];
    // A zone that is taken out is no longer asked; one that stays must know what was revoked.
    if (changed !== undefined)
      hold(["revocations", name], zone, changed, "what was revoked would be forgotten too early");
  }
  if (issues.length > 0) throw new ConfigError(issues);
}
