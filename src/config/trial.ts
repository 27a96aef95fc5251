import { closePolicy, UNMADE } from "../contract/any-policy.ts";
import type { AnyPolicyKind } from "../contract/policy-kind.ts";
import type { Surroundings } from "../contract/around.ts";
import { handlerKinds } from "../handlers/index.ts";
import type { HandlerKind } from "../contract/handler-kind.ts";
import { systemClock } from "../host/clock.ts";
import type { Host } from "../host/host.ts";
import { noOutbound } from "../host/outbound.ts";
import { systemRandom } from "../host/random.ts";
import { systemNetwork } from "../host/sockets.ts";
import { isLoopback } from "../lib/loopback.ts";
import { policyKinds } from "../policies/index.ts";
import { checkClaims } from "./claim-check.ts";
import { collectIssues } from "./issue.ts";
import type { ConfigIssue, ConfigPath } from "./issue.ts";
import { isObject } from "./plain.ts";
import { parseSections, readSections } from "./sections.ts";

/** The machine for what is made to see whether it can be, and never asked for anything. */
export const idleHost: Host = {
  clock: systemClock,
  random: systemRandom,
  network: systemNetwork,
  outbound: noOutbound,
  log: { info() {}, warn() {}, error() {} },
};

/**
 * Makes every policy and handler of a config that is wrong elsewhere, so that what only shows then, such as a secret too
 * short for its algorithm, is told together with the rest. A config that is right so far is compiled instead.
 */
export function tryKinds(config: unknown): ConfigIssue[] {
  if (!isObject(config)) return [];
  const trial = new Trial(config);
  trial.tryPolicies(config["policies"], "", ["policies"]);
  trial.tryEntries(config["routes"], "", ["routes"]);
  return trial.issues;
}

class Trial {
  readonly issues: ConfigIssue[] = [];
  readonly #surroundings: Surroundings;

  constructor(config: Record<string, unknown>) {
    const { host, trustedProxies } = isObject(config["listen"]) ? config["listen"] : {};
    const proxied = Array.isArray(trustedProxies) && trustedProxies.length > 0;
    this.#surroundings = {
      host: idleHost,
      events: { tell() {} },
      ...readSections(parseSections(config), { host: idleHost }, this.issues),
      gateway: {
        name: "",
        loopback: (typeof host !== "string" || isLoopback(host)) && !proxied,
        ready: () => false,
        circuits: () => new Map(),
        routes: () => [],
      },
    };
  }

  tryEntries(entries: unknown, prefix: string, path: ConfigPath): void {
    if (!Array.isArray(entries)) return;
    for (const [index, entry] of (entries as unknown[]).entries()) {
      if (!isObject(entry)) continue;
      const at = [...path, index];
      this.tryPolicies(entry["policies"], prefix + textOf(entry["prefix"] ?? entry["path"]), [
        ...at,
        "policies",
      ]);
      this.tryEntries(entry["routes"], prefix + textOf(entry["prefix"]), [...at, "routes"]);
      this.#tryHandler(entry["handler"], prefix + textOf(entry["path"]), [...at, "handler"]);
    }
  }

  tryPolicies(policies: unknown, prefix: string, path: ConfigPath): void {
    if (!isObject(policies)) return;
    for (const kind of policyKinds as readonly AnyPolicyKind[]) {
      const parsed = kind.config.safeParse(policies[kind.name]);
      if (policies[kind.name] === undefined || !parsed.success) continue;
      const policy = collectIssues(this.issues, [...path, kind.name], () =>
        // Whether there is one to amend shows only when all of the config can be read.
        kind.create(parsed.data, {
          ...this.#surroundings,
          place: [...path, kind.name],
          pattern: `${prefix}/*`,
          amended: UNMADE,
        }),
      );
      if (policy !== undefined) void closePolicy(policy);
      const { claimTypes } = this.#surroundings;
      if (claimTypes !== undefined)
        checkClaims(
          kind.facts?.(parsed.data, this.#surroundings).claims ?? [],
          claimTypes,
          [...path, kind.name],
          this.issues,
        );
    }
  }

  #tryHandler(handler: unknown, pattern: string, path: ConfigPath): void {
    for (const kind of handlerKinds as readonly HandlerKind[]) {
      const config = handler === kind.name ? {} : isObject(handler) ? handler[kind.name] : undefined;
      const parsed = kind.config.safeParse(config);
      if (config === undefined || !parsed.success) continue;
      collectIssues(this.issues, [...path, kind.name], () =>
        kind.create(parsed.data, { ...this.#surroundings, place: [...path, kind.name], pattern }),
      );
    }
  }
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}
