import type { Deadlines } from "../../host/deadlines.ts";
import type { Clock } from "../../host/host.ts";

/** Stands for a response that has not come in time. */
export const LATE = Symbol("late");

/** Settles as `response` does, or with `LATE` after `timeoutMs`. What comes later is dropped: it is nobody's any more. */
export async function settleWithin(
  timeoutMs: number,
  response: Promise<Response>,
  clock: Clock,
  deadlines: Deadlines,
): Promise<Response | typeof LATE> {
  const late = Promise.withResolvers<typeof LATE>();
  const wait = { deadline: clock.now() + timeoutMs, expired: () => late.resolve(LATE) };
  deadlines.add(wait);
  try {
    const first = await Promise.race([response, late.promise]);
    if (first === LATE) response.then((unseen) => unseen.body?.cancel()).catch(() => {});
    return first;
  } finally {
    deadlines.remove(wait);
  }
}
