import type { Deadlines } from "./deadlines.ts";
import type { Clock } from "./host.ts";

/** Stands for what has not come in time. */
export const LATE = Symbol("late");

/** Settles as `pending` does, or with `LATE` after `timeoutMs`. What comes later is given to `drop`; a late error is nobody's. */
export async function settleWithin<T>(
  timeoutMs: number,
  pending: Promise<T>,
  clock: Clock,
  deadlines: Deadlines,
  drop: (unseen: T) => void | Promise<void> = () => {},
): Promise<T | typeof LATE> {
  const late = Promise.withResolvers<typeof LATE>();
  const wait = { deadline: clock.now() + timeoutMs, expired: () => late.resolve(LATE) };
  deadlines.add(wait);
  try {
    const first = await Promise.race([pending, late.promise]);
    if (first === LATE) pending.then(drop).catch(() => {});
    return first;
  } finally {
    deadlines.remove(wait);
  }
}
