import type { z } from "zod";

/** Whether `value` is an object as a config file has them, and neither a list nor an instance of a class. */
export function isObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** What a config that is wrong somewhere lists by name; where one cannot be read, its defaults stand in, so that its name is known. */
export function parseNamed<S extends z.ZodType>(schema: S, named: unknown): Record<string, z.output<S>> {
  if (!isObject(named)) return {};
  return Object.fromEntries(
    Object.entries(named).map(([name, one]) => [name, schema.safeParse(one).data ?? schema.parse({})]),
  );
}
