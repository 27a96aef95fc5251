import type { z } from "zod";
import { listenSchema } from "./listen.ts";
import { isObject } from "./plain.ts";
import type { Config, ConfigSchemas, GroupConfig, RouteConfig } from "./schema.ts";
import { parseSections, type KnownSections } from "./sections.ts";

/** Stands where a config has something that has not the right shape, or lacks what must be there. */
export const HOLE = Symbol("hole");
export type Hole = typeof HOLE;

/**
 * As much of a config as is looked at from route to route, with holes of type `H`: `Hole` in one that is wrong somewhere, in which
 * what surrounds a hole is known all the same. One that is right is a tree without any (`never`).
 */
export interface ConfigTree<H> extends KnownSections, Pick<Config, "use"> {
  readonly listen: WithHoles<Pick<Config["listen"], "host" | "trustedProxies">, H>;
  /** Only their names are asked for. */
  readonly services: Readonly<Record<string, unknown>>;
  readonly policies: PoliciesTree | H;
  readonly routes: EntryList<H> | H;
}

export interface GroupTree<H> extends WithHoles<Omit<GroupConfig, "policies" | "routes">, H> {
  readonly policies?: PoliciesTree | H | undefined;
  readonly routes: EntryList<H> | H;
}

export interface RouteTree<H> extends WithHoles<Omit<RouteConfig, "policies">, H> {
  readonly policies?: PoliciesTree | H | undefined;
}

/** By names of kinds: a config, false, or a hole, as under a name that no kind has. */
type PoliciesTree = Readonly<Record<string, unknown>>;

type EntryList<H> = readonly (RouteTree<H> | GroupTree<H> | H)[];

type WithHoles<T, H> = { readonly [K in keyof T]: T[K] | H };

/** Whether an entry is a group. */
export function isGroup<H>(entry: RouteTree<H> | GroupTree<H>): entry is GroupTree<H> {
  return "prefix" in entry;
}

/** Reads a config that is wrong somewhere, each part of it by itself; `schemas` are those of a config that uses `use`. */
export function readTree(written: unknown, use: Config["use"], schemas: ConfigSchemas): ConfigTree<Hole> {
  const config = isObject(written) ? written : {};
  return {
    ...parseSections(config),
    listen: readFields(listenSchema, config["listen"]),
    services: isObject(config["services"]) ? config["services"] : {},
    ...(use === undefined ? {} : { use }),
    policies: readPolicies(schemas.config, schemas.config.shape.policies.unwrap(), config),
    routes: readEntries(config["routes"], schemas),
  };
}

function readEntries(written: unknown, schemas: ConfigSchemas): EntryList<Hole> | Hole {
  return Array.isArray(written) ? written.map((entry) => readEntry(entry, schemas)) : HOLE;
}

function readEntry(written: unknown, schemas: ConfigSchemas): RouteTree<Hole> | GroupTree<Hole> | Hole {
  if (!isObject(written)) return HOLE;
  const group = "prefix" in written || "routes" in written;
  const policies = readPolicies(group ? schemas.group : schemas.route, schemas.policies, written);
  if (!group) return { ...readFields(schemas.route, written), policies };
  const routes = readEntries(written["routes"], schemas);
  return { ...readFields(schemas.groupFields, written), policies, routes };
}

/** The policies of `around`. */
function readPolicies(
  around: z.ZodObject,
  schema: z.ZodObject,
  fields: Record<string, unknown>,
): PoliciesTree | Hole {
  const written = fields["policies"];
  // Where they are missing, they may stand under a name with a slip in it.
  if (written === undefined && unknownNames(around, fields).length > 0) return HOLE;
  if (written !== undefined && !isObject(written)) return HOLE;
  const holes = unknownNames(schema, written).map((name) => [name, HOLE]);
  return { ...readFields(schema, written), ...Object.fromEntries(holes) };
}

function unknownNames({ shape }: z.ZodObject, written: Record<string, unknown> = {}): readonly string[] {
  return Object.keys(written).filter((name) => !Object.hasOwn(shape, name));
}

function readFields<S extends z.ZodObject>(schema: S, written: unknown): WithHoles<z.output<S>, Hole> {
  const fields = isObject(written) ? written : {};
  const read = Object.entries(schema.shape).map(([name, field]) => {
    const { success, data } = (field as z.ZodType).safeParse(fields[name]);
    return [name, success ? data : HOLE];
  });
  return Object.fromEntries(read) as WithHoles<z.output<S>, Hole>;
}
