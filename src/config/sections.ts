import type { AnyPolicyKind } from "../contract/policy-kind.ts";
import type { Surroundings } from "../contract/around.ts";
import { claims } from "./claims.ts";
import type { ConfigIssue } from "./issue.ts";
import { plans } from "./plans.ts";
import { revocations } from "./revocations.ts";
import type { AroundSection, Section } from "./section.ts";
import { signingKeys } from "./signing-keys.ts";
import { tenants } from "./tenants.ts";

/** The sections by their names in a config, in the order in which they are read: a later one sees what the earlier ones give. */
const sections = { signingKeys, revocations, plans, tenants, claims };

type Sections = typeof sections;

export const sectionSchemas = Object.fromEntries(
  Object.entries(sections).map(([name, { schema }]) => [name, schema]),
) as { readonly [N in keyof Sections]: Sections[N]["schema"] };

/** What a config says in its sections, as far as it is known. */
export type KnownSections = { readonly [N in keyof Sections]?: ReturnType<Sections[N]["parse"]> };

/** What policies and handlers find of all of them. */
export type SeenSections = Pick<Surroundings, KeyOf<ReturnType<Sections[keyof Sections]["read"]>>>;

type KeyOf<Union> = Union extends unknown ? keyof Union & keyof Surroundings : never;

/** What can be known of the sections of a config that is wrong somewhere. */
export function parseSections(written: Readonly<Record<string, unknown>>): KnownSections {
  return Object.fromEntries(all.map(([name, { parse }]) => [name, parse(written[name])]));
}

/** Reads all sections; mistakes are added to `issues`, and what they concern is left out. */
export function readSections(
  config: KnownSections,
  { host, state }: Pick<AroundSection, "host" | "state">,
  issues: ConfigIssue[],
): SeenSections {
  const around: AroundSection = { host, state };
  for (const [name, { read }] of all)
    Object.assign(around, read(config[name as keyof Sections], around, issues));
  return around as SeenSections;
}

/** Tells of what is in sections and serves for nothing: `kinds` are those of the policies that there are. */
export function checkSectionsUsed(
  seen: SeenSections,
  kinds: ReadonlySet<AnyPolicyKind>,
  issues: ConfigIssue[],
): void {
  for (const [, { checkUses }] of all) checkUses?.(seen, kinds, issues);
}

// Each gets its own part of what is known.
const all = Object.entries(sections) as unknown as readonly (readonly [string, Section])[];
