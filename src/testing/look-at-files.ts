import fs from "node:fs";
import type { TestContext } from "node:test";
import type { SimulatedClock } from "../simulation/simulated-host.ts";

type Stat = (
  path: string,
  options: { bigint: true },
  done: (error: NodeJS.ErrnoException | null, stats: fs.BigIntStats) => void,
) => void;

const stat = fs.stat as Stat;

/** Moves time to the next look at the files that are watched, and resolves when all of it has been told. */
export async function lookAtFiles(t: TestContext, clock: SimulatedClock): Promise<void> {
  const pending = new Set<string>();
  const look: Stat = (path, options, done) => {
    pending.add(path);
    stat(path, options, (error, stats) => {
      pending.delete(path);
      done(error, stats);
    });
  };
  const mocked = t.mock.method(fs, "stat", look as typeof fs.stat);
  clock.advance(2000);
  while (pending.size > 0) await new Promise<void>((resolve) => clock.nextTurn(resolve));
  mocked.mock.restore();
}
