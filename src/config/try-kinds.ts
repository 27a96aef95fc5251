import { idleHost } from "../host/idle-host.ts";
import { isLoopback } from "../lib/loopback.ts";
import { StateStore } from "../state/store.ts";
import type { ConfigIssue } from "./issue.ts";
import { KindMaker } from "./make-kinds.ts";
import { placesOf } from "./places.ts";
import { readSections } from "./sections.ts";
import { HOLE, isGroup, type ConfigTree, type Hole } from "./tree.ts";

/**
 * Makes every policy and handler of a config that is wrong elsewhere, so that what only shows then, such as a secret too
 * short for its algorithm, is told together with the rest. A config that is right so far is compiled instead.
 */
export function tryKinds(config: ConfigTree<Hole>): ConfigIssue[] {
  const issues: ConfigIssue[] = [];
  // State that nobody else has, so that trying changes nothing.
  const scratch = new StateStore(idleHost).borrow();
  const { host, trustedProxies } = config.listen;
  const maker = new KindMaker(
    config.use,
    {
      host: idleHost,
      events: { tell() {} },
      ...readSections(config, { host: idleHost, state: scratch.at() }, issues),
      gateway: {
        name: "",
        loopback:
          (host === HOLE || isLoopback(host)) && trustedProxies !== HOLE && trustedProxies.length === 0,
        ready: () => false,
        circuits: () => new Map(),
        routes: () => [],
      },
    },
    scratch,
    issues,
  );
  for (const place of placesOf(config)) {
    const policies = maker.makePolicies(place);
    if (!isGroup(place.entry)) maker.makeRoute(place.entry, place, policies);
  }
  maker.headers.checkUses();
  scratch.release().catch(() => {});
  return issues;
}
