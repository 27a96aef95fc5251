import { configJsonSchema } from "../../src/config/json-schema.ts";
import { code, escapeText, table } from "./markdown.ts";
import { documentedKinds } from "./kinds.ts";
import {
  childrenOf,
  describeDefault,
  describeType,
  type Definitions,
  type Options,
  type Schema,
} from "./json-schema.ts";

const INTRODUCTION = `# Config reference

Every option, its type and its default. An option that is not known is an error, and so is a value of another type.
\`portcullis schema\` prints the same as JSON Schema, for editors.

Made from that schema by \`npm run docs\`.

## How values are written

| type | written as |
| --- | --- |
| duration | text with a unit: \`250ms\`, \`30s\`, \`5m\`, \`1h\`, \`1d\` |
| size | text with a unit, of 1024: \`512b\`, \`64kb\`, \`10mb\`, \`1gb\` |
| secret | text, or \`{ env: NAME }\` for the environment variable that holds it; in TypeScript also \`env("NAME")\` |

In the names below, \`<name>\` stands for a name of your own and \`[]\` for each item of a list.
`;

/** `docs/reference/config.md`. */
export async function configPage(): Promise<string> {
  const root = configJsonSchema() as Schema & { readonly definitions: Definitions };
  const { properties = {}, required = [] } = root;
  const top = Object.entries(properties).map(([name, schema]) => ({
    path: name,
    schema,
    required: required.includes(name),
  }));
  const parts = [INTRODUCTION, section("## The gateway", "What is an object here has a section below.", top)];

  for (const [name, schema] of Object.entries(properties)) {
    if (name === "policies") continue;
    const { additionalProperties: named } = schema;
    if (schema.properties !== undefined) {
      parts.push(section(`## ${name}`, `At \`${name}\`. ${describe(schema)}`, childrenOf(schema, "")));
    } else if (typeof named === "object") {
      const about = `At \`${name}.<name>\`. ${describe(schema)}`;
      parts.push(section(`## ${name}`, about, childrenOf(named, "")));
    }
  }

  const { route, group } = root.definitions;
  parts.push(
    section(
      "## route",
      "At `routes[]`, of the config or of a group. A route has either a `service` or a `handler`. [Routing](../guides/routing.md) says which route wins.",
      childrenOf(route!, ""),
    ),
    section("## group", "At `routes[]`, too: what has a `prefix` is a group.", childrenOf(group!, "")),
  );

  const headings = { policy: "policies", handler: "handlers" } as const;
  const places = { policy: "policies", handler: "routes[].handler" } as const;
  let family = "";
  for (const documented of await documentedKinds()) {
    const { kind, readme } = documented;
    if (documented.family !== family) {
      family = documented.family;
      parts.push(`## ${headings[documented.family]}\n\n${ABOUT_FAMILY[documented.family]}\n`);
    }
    const heading = `### <a id="${family}.${kind.name}"></a>${kind.name}`;
    const place = code(`${places[documented.family]}.${kind.name}`);
    const about = `At ${place}. ${escapeText(kind.summary)} More in its [README](${readme}).`;
    parts.push(
      section(heading, about, childrenOf(root.definitions[`${family}.${kind.name}`]!, "", root.definitions)),
    );
  }
  return parts.join("\n");
}

const ABOUT_FAMILY = {
  policy:
    "At `policies` of the config, of a group or of a route. What is further in replaces what is further out, but for `allow`, and `tenant` with a feature alone, which are added to it, and `rateLimit` without a limit, which changes it; `false` switches it off. They run in this order.",
  handler:
    "At `handler` of a route: one of these names with its options. The name alone is enough where no option is required.",
} as const;

function section(heading: string, about: string, options: Options): string {
  const rows = options.map(({ path, schema, required }) => [
    code(path),
    describeType(schema),
    required ? "required" : describeDefault(schema),
    describe(schema),
  ]);
  const body = rows.length === 0 ? "" : table(["option", "type", "default", "description"], rows);
  return (
    [heading, about, body]
      .filter((part) => part !== "")
      .join("\n\n")
      .trimEnd() + "\n"
  );
}

function describe({ description }: Schema): string {
  if (description === undefined) throw new Error("an option has no description");
  return escapeText(description);
}
