import type { Clock } from "../../host/host.ts";
import { NEVER, type Target } from "../target.ts";

/** How long a target that refused a connection is passed over: about the time that a process takes to start again. */
const PASS_OVER_MS = 5000;

/**
 * The targets that may be asked now, in their order, at least one: those that have not just refused a connection, or, when all
 * have, the one that did so least recently (several, when at the same time). Without any refusal it is `targets` itself, and
 * the clock is not read.
 */
export function availableTargets<T extends Target>(targets: readonly T[], clock: Clock): readonly T[] {
  if (!targets.some(hasFailed)) return targets;
  const failedBeforeMs = clock.now() - PASS_OVER_MS;
  const available = targets.filter((target) => target.failedAtMs <= failedBeforeMs);
  if (available.length > 0) return available;
  const leastRecentMs = Math.min(...targets.map((target) => target.failedAtMs));
  return targets.filter((target) => target.failedAtMs === leastRecentMs);
}

function hasFailed(target: Target): boolean {
  return target.failedAtMs !== NEVER;
}
