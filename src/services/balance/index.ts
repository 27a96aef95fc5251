import type { Random } from "../../host/host.ts";
import type { Balancer, BalancerKind } from "./balancer.ts";
import { roundRobin } from "./round-robin.ts";

/** Every way to balance that a service can name under `balance`; the first is the default. */
export const balancerKinds = [roundRobin] as const satisfies readonly BalancerKind[];

export type BalancerName = (typeof balancerKinds)[number]["name"];

/** The balancer of one service, of the kind that its config names. */
export function createBalancer(name: BalancerName, random: Random): Balancer {
  const kind: BalancerKind = balancerKinds.find((kind) => kind.name === name)!;
  return kind.create(random);
}
