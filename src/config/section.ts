import type { z } from "zod";
import type { Around, Surroundings } from "../contract/around.ts";
import type { AnyPolicyKind } from "../contract/policy-kind.ts";
import type { ConfigIssue } from "./issue.ts";

/** A part at the top of a config, of which policies and handlers may find something around them: one file, and its line in `sections.ts`. */
export interface Section<
  Known = unknown,
  Seen extends Partial<Surroundings> = object,
  S extends z.ZodType<Known> = z.ZodType<Known>,
> {
  /** Described, and optional or with what stands for it where it is left out. */
  readonly schema: S;
  /** As much as can be known of it in a config that is wrong somewhere; `written` may be anything. */
  readonly parse: (written: unknown) => Known;
  /** What policies and handlers find of it; mistakes are added to `issues`, and what they concern is left out. */
  readonly read: (config: Known, around: AroundSection, issues: ConfigIssue[]) => Seen;
  /** Tells of what the rest of the config does nothing with. Only asked of a config in which every policy and handler could be made. */
  readonly checkUses?: (seen: Seen, kinds: ReadonlySet<AnyPolicyKind>, issues: ConfigIssue[]) => void;
}

/** What a section finds around it: the machine, what is kept while configs come and go, and what the sections before it in the list have given. */
export type AroundSection = Pick<Around, "host" | "state"> & Partial<Surroundings>;

/** Returns `section` as it is, its types made out. */
export function defineSection<Known, Seen extends Partial<Surroundings>, S extends z.ZodType<Known>>(
  section: Section<Known, Seen, S>,
): Section<Known, Seen, S> {
  return section;
}
