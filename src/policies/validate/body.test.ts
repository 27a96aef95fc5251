import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import type { Exchange } from "../../core/exchange.ts";
import { UNKNOWN_LENGTH } from "../../http/head.ts";
import { testExchange } from "../../testing/exchange.ts";
import { createValidate, describe as describeReply, type Config } from "./testing.ts";

const JSON_TYPE = { "content-type": "application/json" };

/** An exchange whose client sends `body` in two pieces once it is asked for it. */
function exchangeOf(
  body: string | Uint8Array,
  headers: Record<string, string> = JSON_TYPE,
  chunked = false,
): Exchange {
  const bytes = Buffer.from(body);
  const x = testExchange({ method: "POST", headers, bodyLength: chunked ? UNKNOWN_LENGTH : bytes.length });
  Object.assign(x.route.limits, { bodyBytes: 4 * 1024 * 1024 });
  x.client.readBody = () => {
    const middle = bytes.length >> 1;
    if (!x.sink!.body(bytes, 0, middle) || !x.sink!.body(bytes, middle, bytes.length)) return;
    x.sink!.bodyEnd(undefined);
  };
  return x;
}

/** What the policy says of an exchange in the end; undefined when the request goes on. */
async function ask(config: Config, x: Exchange): Promise<string | undefined> {
  const reply = await createValidate(config).request!(x);
  return reply === undefined ? undefined : describeReply(reply);
}

async function check(
  schema: Record<string, unknown>,
  body: string | Uint8Array,
): Promise<string | undefined> {
  return ask({ body: { schema } }, exchangeOf(body));
}

const order = {
  type: "object",
  properties: {
    id: { type: "string", format: "uuid" },
    items: {
      type: "array",
      maxItems: 100,
      uniqueItems: true,
      items: {
        type: "object",
        properties: {
          sku: { type: "string", pattern: "^[A-Z]{2}-[0-9]+$" },
          count: { type: "integer", minimum: 1 },
        },
        required: ["sku"],
        additionalProperties: false,
      },
    },
    note: { type: ["string", "null"], maxLength: 20 },
    kind: { enum: ["new", { again: true }] },
    constructor_: { const: { a: [1, 2] } },
  },
  required: ["items"],
  additionalProperties: false,
};

describe("validate: bodies against a schema", () => {
  const cases: readonly [body: string, expected: string | undefined][] = [
    ['{"items":[]}', undefined],
    [' {"items" : [{"sku":"AB-1","count":2}], "note":null}\n', undefined],
    ['{"items":[],"kind":{"again":true},"constructor_":{"a":[1,2]}}', undefined],
    ['{"items":[],"id":"0189f7a0-0000-7000-8000-000000000000"}', undefined],
    ["{}", "422 validate.body:  must have required property 'items'"],
    ["[]", "422 validate.body:  must be object"],
    ["null", "422 validate.body:  must be object"],
    ['"text"', "422 validate.body:  must be object"],
    ['{"items":{}}', "422 validate.body: /items must be array"],
    ['{"items":[],"x~/y":1}', "422 validate.body:  must NOT have additional properties"],
    [
      '{"items":[{"sku":"ab-1"},{"count":0}]}',
      "422 validate.body: /items/0/sku must match pattern \"^[A-Z]{2}-[0-9]+$\": /items/1 must have required property 'sku': /items/1/count must be >= 1",
    ],
    [
      '{"items":[{"sku":"AB-1","count":1},{"count":1,"sku":"AB-1"}]}',
      "422 validate.body: /items must not have the same item twice",
    ],
    ['{"items":[],"note":7}', "422 validate.body: /note must be string,null"],
    ['{"items":[],"id":"secret"}', '422 validate.body: /id must match format "uuid"'],
    [
      '{"items":[],"kind":{"again":1}}',
      "422 validate.body: /kind must be equal to one of the allowed values",
    ],
    ['{"items":[],"constructor_":{"a":[2,1]}}', "422 validate.body: /constructor_ must be equal to constant"],
    // What a value is asked for when values are compared is not the client's to say.
    [
      '{"items":[],"kind":{"valueOf":1,"toString":1}}',
      "422 validate.body: /kind must be equal to one of the allowed values",
    ],
    [
      '{"items":[],"constructor_":{"hasOwnProperty":1}}',
      "422 validate.body: /constructor_ must be equal to constant",
    ],
    ['{"items":[{"sku":"AB-1","count":1e400}]}', "422 validate.body: /items/0/count must be integer"],
  ];
  for (const [body, expected] of cases) {
    it(body, async () => assert.equal(await check(order, body), expected));
  }

  it("a number beyond all bounds is not null", async () => {
    assert.equal(await check({ enum: [null] }, "null"), undefined);
    assert.match((await check({ enum: [null] }, "1e400"))!, /allowed values/);
  });

  it("what a prototype has is not there", async () => {
    const schema = { type: "object", required: ["toString", "valueOf"] };
    assert.match((await check(schema, "{}"))!, /'toString': {2}must have required property 'valueOf'/);
    assert.equal(await check(schema, '{"toString":1,"valueOf":2}'), undefined);
  });

  it("draft-07 is another dialect", async () => {
    const list = { type: "array", items: [{ type: "number" }] };
    const draft = { $schema: "http://json-schema.org/draft-07/schema#", ...list };
    assert.equal(await check(draft, '[1,"a"]'), undefined);
    assert.equal(await check(draft, '["a"]'), "422 validate.body: /0 must be number");
    const latest = {
      $schema: "https://json-schema.org/draft/2020-12/schema",
      type: "array",
      prefixItems: list.items,
    };
    assert.equal(await check(latest, '["a"]'), "422 validate.body: /0 must be number");
  });

  it("a list of problems has an end, and so has a pointer", async () => {
    const text = (await check({ type: "array", items: { type: "string" } }, `[${"1,".repeat(1000)}1]`))!;
    assert.equal(text.split("must be string").length - 1, 20);
    const long = (await check(
      { type: "object", additionalProperties: { type: "object", additionalProperties: { type: "string" } } },
      `{"a":{"${"b".repeat(300)}":1}}`,
    ))!;
    assert.equal(long, "422 validate.body: /a must be string");
    const root = await check(
      { type: "object", additionalProperties: { type: "string" } },
      `{"${"b".repeat(300)}":1}`,
    );
    assert.equal(root, "422 validate.body:  must be string");
  });

  it("of a large body the first problem is told", async () => {
    const text = await check({ type: "array", items: { type: "string" } }, `[${"1,".repeat(10_000)}1]`);
    assert.equal(text, "422 validate.body: /0 must be string");
  });
});

const deep = (levels: number): string => "[".repeat(levels) + "]".repeat(levels);

describe("validate: bodies with more than one reading", () => {
  const malformed: readonly (string | Uint8Array)[] = [
    "{",
    "nul",
    "{'a':1}",
    "[1,]",
    "1 2",
    "\uFEFF{}",
    "NaN",
    '{"a":1,"a":2}',
    '{"a":1,"\\u0061":2}',
    '{"a":{"b":1,"b":1}}',
    '{"__proto__":{}}',
    '{"\\u005f_proto__":1}',
    '[{"a":[{"__proto__":null}]}]',
    '{"constructor":{"prototype":{"a":1}}}',
    deep(33),
    deep(400_000),
    '{"a":'.repeat(100_000),
    Buffer.from('{"a":"\xe4"}', "latin1"),
    Buffer.from('{"a":1}', "utf16le"),
    Uint8Array.of(0),
  ];
  for (const body of malformed) {
    it(Buffer.from(body).toString("latin1").slice(0, 40), async () => {
      assert.equal(await check({}, body), "400 validate.body_malformed");
    });
  }

  it("near to them, and right", async () => {
    for (const body of [
      deep(32),
      '{"constructor":{"a":1}}',
      '{"constructor":"prototype"}',
      '["__proto__",":"]',
      "0",
    ])
      assert.equal(await check({}, body), undefined, body);
  });
});

describe("validate: bodies that are not read", () => {
  const schema = { type: "object" };
  const cases: readonly [
    title: string,
    config: Config["body"],
    x: () => Exchange,
    expected: string | undefined,
  ][] = [
    ["none", { schema }, () => exchangeOf(""), "400 validate.body_missing"],
    ["none of known length", { schema }, () => exchangeOf("", JSON_TYPE, true), "400 validate.body_missing"],
    ["none, and none needed", { schema, required: false }, () => exchangeOf("", {}), undefined],
    [
      "none in chunks, and none needed",
      { schema, required: false },
      () => exchangeOf("", JSON_TYPE, true),
      undefined,
    ],
    [
      "a type that is no JSON",
      { schema },
      () => exchangeOf("{}", { "content-type": "text/plain" }),
      "415 validate.content_type",
    ],
    ["no type", { schema }, () => exchangeOf("{}", {}), "415 validate.content_type"],
    ...["gzip", "GZIP", "br", "identity, gzip", "x"].map(
      (coding): [string, Config["body"], () => Exchange, string] => [
        `the coding ${coding}`,
        { schema },
        () => exchangeOf("{}", { ...JSON_TYPE, "content-encoding": coding }),
        "415 validate.content_encoding",
      ],
    ),
    [
      "no coding",
      { schema },
      () => exchangeOf("{}", { ...JSON_TYPE, "content-encoding": "Identity" }),
      undefined,
    ],
    [
      "UTF-16",
      { schema },
      () => exchangeOf("{}", { "content-type": "application/json;charset=utf-16" }),
      "415 validate.content_type",
    ],
    [
      "UTF-8",
      { schema },
      () => exchangeOf("{}", { "content-type": "application/json;charset=UTF-8" }),
      undefined,
    ],
    ["as much as may be", { schema, maxSize: "10b" }, () => exchangeOf('{"a":1234}'), undefined],
    [
      "one byte more",
      { schema, maxSize: "10b" },
      () => exchangeOf('{"a":12345}'),
      "413 validate.body_too_large",
    ],
    [
      "the same in chunks",
      { schema, maxSize: "10b" },
      () => exchangeOf('{"a":12345}', JSON_TYPE, true),
      "413 validate.body_too_large",
    ],
    [
      "more than the default",
      { schema },
      () => exchangeOf(`{"a":"${"a".repeat(1024 * 1024)}"}`),
      "413 validate.body_too_large",
    ],
  ];
  for (const [title, body, x, expected] of cases) {
    it(title, async () => assert.equal(await ask({ body: body! }, x()), expected));
  }

  it("more than the route takes, which the gateway tells", async () => {
    const x = exchangeOf("{}");
    x.request.bodyLength = 5 * 1024 * 1024;
    assert.equal(await ask({ body: { schema, maxSize: "10mb" } }, x), "413 http.body_too_large");
  });

  it("one that breaks off", async () => {
    const x = exchangeOf("{}");
    x.client.readBody = () => x.sink!.bodyAborted();
    assert.equal(await ask({ body: { schema } }, x), undefined);
    assert.equal(x.sink, undefined);
  });

  it("one whose request was answered meanwhile", async () => {
    const x = exchangeOf("malformed");
    const waiting = createValidate({ body: { schema } }).request!(x);
    x.finished = true;
    assert.equal(await waiting, undefined);
  });
});

describe("validate: hostile bodies cost little", () => {
  const kinds = ["and", "or", "not"].map((kind) => ({
    type: "object",
    properties: { left: { $ref: "#" }, kind: { const: kind } },
  }));
  const nested = `${'{"kind":"x","left":'.repeat(31)}{}${"}".repeat(31)}`;
  const numbers = Array.from({ length: 80_000 }, (_, i) => i);
  const cases: readonly [title: string, schema: Record<string, unknown>, body: string, expected: RegExp][] = [
    [
      "two ways at each level",
      { oneOf: kinds },
      nested,
      /^422 validate.body: {2}takes too many steps to check$/,
    ],
    [
      "the same when all is listed",
      { anyOf: kinds.map(({ type, properties: { left, kind } }) => ({ type, properties: { kind, left } })) },
      nested,
      /^422 validate.body: \/kind must be equal to constant/,
    ],
    [
      "the same in draft-07",
      { $schema: "http://json-schema.org/draft-07/schema", oneOf: kinds },
      nested,
      /takes too many steps/,
    ],
    [
      "a pattern that backtracking never finishes",
      { type: "string", pattern: "^(a+)+$" },
      `"${"a".repeat(500_000)}!"`,
      /must match/,
    ],
    [
      "small objects that are compared",
      { type: "array", uniqueItems: true },
      `[${numbers.map((i) => `{"a":${i}}`).join()},{"a":0}]`,
      /twice/,
    ],
    [
      "many members",
      { type: "object", maxProperties: 10 },
      `{${numbers.map((i) => `"${i}":0`).join()}}`,
      /more than 10 prop/,
    ],
    [
      "a number of a million digits",
      { type: "number", maximum: 10 },
      "9".repeat(1_000_000),
      /must be number/,
    ],
    ["an exponent of a million digits", { type: "number" }, `1e${"9".repeat(1_000_000)}`, /must be number/],
    [
      "a string of a million characters",
      { type: "string", maxLength: 10 },
      `"${"\\n".repeat(500_000)}"`,
      /more than 10/,
    ],
    [
      "a date of a million blanks",
      { type: "string", format: "date-time" },
      `"${" ".repeat(1_000_000)}"`,
      /format/,
    ],
  ];
  for (const [title, schema, body, expected] of cases) {
    it(title, { timeout: 20_000 }, async () => assert.match((await check(schema, body))!, expected));
  }
});

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
          assert.equal(error.name, "PolicyConfigError");
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
      name: "PolicyConfigError",
      message: /as JSON/,
    });
  });
});

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
      const expected = { name: "PolicyConfigError", path: ["body", "schemaFile"], message };
      assert.throws(() => createValidate({ body: { schemaFile } }), expected);
    });
  }

  it("that cannot be read", () => {
    const message = `the file ${directory} is a directory`;
    assert.throws(() => createValidate({ body: { schemaFile: directory } }), {
      name: "PolicyConfigError",
      message,
    });
  });
});
