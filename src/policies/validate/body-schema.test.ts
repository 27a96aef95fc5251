import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { createValidate, exchangeOf } from "./testing.ts";

const at = (...keys: (string | number)[]) => ["body", "schema", ...keys];

describe("validate refuses the schema", () => {
  const cases: readonly [
    schema: Record<string, unknown>,
    path: readonly (string | number)[],
    message: RegExp,
    hint?: RegExp,
  ][] = [
    [{ type: "objekt" }, at("type"), /must be equal to one of/],
    [
      { type: "object", properties: { "a/b": { type: "string", minLength: -1 } } },
      at("properties", "a/b", "minLength"),
      /must be >= 0/,
    ],
    [{ allOf: [{ type: "object" }, { type: 1 }] }, at("allOf", 1, "type"), /in a JSON Schema this must be/],
    [
      { type: "object", properties: { typ: { type: "object" }, a: { typ: "string" } } },
      at("properties", "a", "typ"),
      /^unknown keyword: "typ"$/,
    ],
    [
      { properties: { a: true } },
      at(),
      /^missing type "object" for keyword "properties"$/,
      /every other type/,
    ],
    [
      { type: "object", properties: { a: { minimum: 1 } } },
      at("properties", "a"),
      /^missing type "number" for keyword "minimum"$/,
    ],
    [
      { type: "array", items: { type: "string", format: "regex" } },
      at("items"),
      /^unknown format "regex"$/,
      /date-time/,
    ],
    [{ allOf: [{ $ref: "#" }] }, at(), /smallest value would take too many steps/, /refers to itself/],
    [
      { type: "object", $ref: "#/$defs/a", $defs: { a: { type: "object", anyOf: [{ $ref: "#" }] } } },
      at(),
      /smallest value/,
    ],
    [
      {
        $ref: "#/$defs/0",
        $defs: Object.fromEntries(
          Array.from({ length: 21 }, (_, i) => {
            const next = { $ref: `#/$defs/${i + 1}` };
            return [i, i === 20 ? { type: "object" } : { allOf: [next, next] }];
          }),
        ),
      },
      at(),
      /smallest value/,
      /doubles/,
    ],
    [{ type: "string", pattern: "[ab]*a[ab]{20}c" }, at("pattern"), /too many states/, /begin it with \^/],
    [{ type: "string", pattern: "(?=a)" }, at("pattern"), /cannot be used/, /RE2/],
    [
      { type: "object", properties: { pattern: { type: "string", pattern: "(" } } },
      at("properties", "pattern", "pattern"),
      /cannot be used/,
    ],
    [{ type: "object", patternProperties: { "(a": true } }, at("patternProperties", "(a"), /cannot be used/],
    [{ $ref: "https://evil.test/schema.json" }, at(), /resolve reference/, /not fetched/],
    [{ $ref: "other.json" }, at(), /resolve reference/, /not fetched/],
    [{ $ref: "#/$defs/missing" }, at(), /resolve reference/],
    [{ $async: true, type: "object" }, at("$async"), /asynchronous/],
    [{ $schema: "https://json-schema.org/draft/2019-09/schema" }, at("$schema"), /dialect/, /2020-12/],
    [{ $schema: 7 }, at("$schema"), /dialect/],
    [{ type: "array", items: [{ type: "number" }] }, at("items"), /must be object,boolean/],
  ];
  for (const [schema, path, message, hint = /^/] of cases) {
    it(JSON.stringify(schema), () => {
      assert.throws(
        () => createValidate({ body: { schema } }),
        (error: Error & { path: unknown; hint: unknown }) => {
          assert.equal(error.name, "ConfigMistake");
          assert.deepEqual(error.path, path);
          assert.match(error.message, message);
          assert.match(String(error.hint), hint);
          return true;
        },
      );
    });
  }

  it("without an end", () => {
    const schema: Record<string, unknown> = { type: "object" };
    schema["properties"] = { a: schema };
    assert.throws(() => createValidate({ body: { schema } }), {
      name: "ConfigMistake",
      message: /as JSON/,
    });
  });
});

const order = {
  type: "object",
  properties: { items: { type: "array" }, kind: { enum: ["new", { again: true }] } },
  required: ["items"],
};

describe("validate: schemas in files", () => {
  let directory: string;
  before(async () => void (directory = await mkdtemp(join(tmpdir(), "portcullis-validate-"))));
  after(() => rm(directory, { recursive: true }));

  async function write(text: string): Promise<string> {
    const file = join(directory, "order.json");
    await writeFile(file, text);
    return file;
  }

  it("are read once", async () => {
    const schemaFile = await write(JSON.stringify(order));
    const policy = createValidate({ body: { schemaFile } });
    await write("gone");
    assert.equal(await policy.request!(exchangeOf('{"items":[],"kind":{"again":true}}')), undefined);
    assert.notEqual(await policy.request!(exchangeOf("{}")), undefined);
  });

  for (const [text, message] of [
    ["{", /order\.json is no JSON object/],
    ["[]", /order\.json is no JSON object/],
    ['{"type":"object","type":"string"}', /has a member twice/],
    [
      '{"type":"object","properties":{"a":{"type":"x"}}}',
      /order\.json at \/properties\/a\/type: in a JSON Schema this/,
    ],
    ['{"type":"x"}', /order\.json at \/type: /],
    ['{"properties":{}}', /order\.json: missing type/],
  ] as const) {
    it(`with a mistake: ${text}`, async () => {
      const schemaFile = await write(text);
      const expected = { name: "ConfigMistake", path: ["body", "schemaFile"], message };
      assert.throws(() => createValidate({ body: { schemaFile } }), expected);
    });
  }

  it("that cannot be read", () => {
    const message = `the file ${directory} is a directory`;
    assert.throws(() => createValidate({ body: { schemaFile: directory } }), {
      name: "ConfigMistake",
      message,
    });
  });
});
