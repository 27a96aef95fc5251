import { z } from "zod";
import type { AnyPolicyKind } from "../contract/policy-kind.ts";
import type { HandlerKind } from "../contract/handler-kind.ts";
import { suggest } from "../lib/suggest.ts";

type PolicyFields<K extends readonly AnyPolicyKind[]> = {
  [P in K[number] as P["name"]]: z.ZodOptional<P["config"]>;
};

type SwitchablePolicyFields<K extends readonly AnyPolicyKind[]> = {
  [P in K[number] as P["name"]]: z.ZodOptional<z.ZodUnion<readonly [P["config"], z.ZodLiteral<false>]>>;
};

type HandlerFields<K extends readonly HandlerKind[]> = {
  [H in K[number] as H["name"]]: z.ZodOptional<H["config"]>;
};

/** The names of the kinds that work without any config, so that the name alone is enough. */
type BareName<K extends readonly HandlerKind[]> = {
  [H in K[number] as H["name"]]: Record<string, never> extends z.input<H["config"]> ? H["name"] : never;
}[K[number]["name"]];

/** Exactly one kind of handler with its config, as it is written. */
export type HandlerInput<K extends readonly HandlerKind[]> =
  | BareName<K>
  | { [H in K[number] as H["name"]]: { [N in H["name"]]: z.input<H["config"]> } }[K[number]["name"]];

/** One kind of handler with its config, checked. */
export type HandlerOutput<K extends readonly HandlerKind[]> = {
  [H in K[number] as H["name"]]: { kind: H["name"]; config: z.output<H["config"]> };
}[K[number]["name"]];

/** The object that configures policies by the names of their kinds. */
export function policiesSchema<const K extends readonly AnyPolicyKind[]>(
  kinds: K,
): z.ZodObject<PolicyFields<K>, z.core.$strict> {
  const fields = kinds.map((kind) => [kind.name, kind.config.optional().describe(kind.summary)]);
  return z.strictObject(Object.fromEntries(fields)) as z.ZodObject<PolicyFields<K>, z.core.$strict>;
}

/** The same for groups and routes, where `false` switches off what would be inherited. */
export function switchablePoliciesSchema<const K extends readonly AnyPolicyKind[]>(
  kinds: K,
): z.ZodObject<SwitchablePolicyFields<K>, z.core.$strict> {
  const fields = kinds.map((kind) => [
    kind.name,
    z
      .union([kind.config, z.literal(false)])
      .optional()
      .describe(`${kind.summary} False switches it off here.`),
  ]);
  return z.strictObject(Object.fromEntries(fields)) as z.ZodObject<SwitchablePolicyFields<K>, z.core.$strict>;
}

/** What stands under a route's `handler`: the name of a kind that needs no config, or one name with its config. */
export function handlerSchema<const K extends readonly HandlerKind[]>(
  kinds: K,
): z.ZodType<HandlerOutput<K>, HandlerInput<K>> {
  const names = kinds.map((kind) => kind.name);
  const bare = kinds.filter((kind) => kind.config.safeParse({}).success).map((kind) => kind.name);
  const fields = kinds.map((kind) => [kind.name, kind.config.optional().describe(kind.summary)]);
  const configured = z
    .strictObject(Object.fromEntries(fields) as HandlerFields<K>)
    .meta({ minProperties: 1, maxProperties: 1 });

  const schema = z.union([z.string().meta({ enum: bare }), configured]).transform((given, context) => {
    const report = (message: string, hint: string | undefined): never => {
      context.addIssue({ code: "custom", message, params: { hint } });
      return z.NEVER;
    };
    if (typeof given === "string") {
      const kind = kinds.find((kind) => kind.name === given);
      if (kind === undefined)
        return report(`unknown handler ${JSON.stringify(given)}`, suggest(given, names));
      if (bare.includes(given)) return { kind: given, config: kind.config.parse({}) };
      return report(`the handler ${given} needs a config`, `write it as { ${given}: { ... } }`);
    }
    // An unknown name was told of already.
    if (context.issues.length > 0) return z.NEVER;
    const [entry, ...others] = Object.entries(given).filter(([, config]) => config !== undefined);
    if (entry !== undefined && others.length === 0) return { kind: entry[0], config: entry[1] };
    const count = entry === undefined ? "none" : others.length + 1;
    return report(
      `a route has exactly one handler, and here are ${count}`,
      `name one of: ${names.join(", ")}`,
    );
  });
  return schema as unknown as z.ZodType<HandlerOutput<K>, HandlerInput<K>>;
}

/** Gives a kind's config a name of its own in the JSON Schema, where several places refer to it. */
export function nameKinds<const K extends readonly (AnyPolicyKind | HandlerKind)[]>(
  family: string,
  kinds: K,
): K {
  for (const kind of kinds)
    z.globalRegistry.add(kind.config, { ...kind.config.meta(), id: `${family}.${kind.name}` });
  return kinds;
}
