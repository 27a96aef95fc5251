import assert from "node:assert/strict";
import { test } from "node:test";
import { parseStrictJson } from "../lib/strict-json.ts";
import { claimTypesSchema, describeClaimType, findMistyped, isOfType, type ClaimType } from "./claim-type.ts";

const roles: ClaimType = { object: { roles: { list: ["admin", "support"] } } };

/** A type, what is of it and what is not, as JSON. */
const cases: readonly (readonly [type: ClaimType, of: readonly string[], not: readonly string[]])[] = [
  ["string", ['"a"', '""'], ["1", "true", '["a"]', "{}"]],
  ["boolean", ["true", "false"], ['"true"', "1", "0"]],
  ["number", ["1", "0.5", "-1e300"], ['"1"', "1e400", "true", "[1]"]],
  ["integer", ["0", "-3", "9007199254740991"], ["0.5", "9007199254740992", "1e400", '"1"']],
  ["any", ["1", '"a"', "{}", "[[]]"], []],
  [
    ["admin", 1, true],
    ['"admin"', "1", "true"],
    ['"1"', '"true"', '"Admin"', '["admin"]', "2", "false"],
  ],
  [
    { list: "string" },
    ["[]", '["a"]', '["a","b"]'],
    ['"a"', "[1]", '["a",null]', '[["a"]]', '{"0":"a","length":1}'],
  ],
  [{ oneOrMore: "string" }, ['"a"', "[]", '["a"]'], ["1", "[1]", '[["a"]]']],
  [
    roles,
    ["{}", '{"roles":[]}', '{"roles":null}', '{"roles":["admin"],"more":1}'],
    ["[]", '{"roles":["a"]}', '{"roles":"admin"}', '"a"'],
  ],
  [
    { object: Object.fromEntries<ClaimType>([["constructor", "string"]]) },
    ["{}", '{"constructor":"a"}'],
    ['{"constructor":1}'],
  ],
];

for (const [type, of, not] of cases) {
  test(`what is ${describeClaimType(type)}`, () => {
    for (const json of of) assert.ok(isOfType(parseStrictJson(json), type), json);
    for (const json of not) assert.ok(!isOfType(parseStrictJson(json), type), json);
  });
}

test("what a prototype has is no claim", () => {
  const types = Object.fromEntries<ClaimType>([["toString", "string"]]);
  assert.equal(findMistyped({}, types), undefined);
  assert.equal(findMistyped({ toString: 1 } as object as Record<string, unknown>, types), "toString");
});

test("types are written as they are documented, and nothing else is one", () => {
  for (const [type] of cases) assert.ok(claimTypesSchema.safeParse({ claim: type }).success);
  const wrong = [
    "text",
    [],
    [null],
    {},
    { list: "text" },
    { list: "string", oneOrMore: "string" },
    { object: "string" },
    null,
    1,
  ];
  for (const type of wrong)
    assert.ok(!claimTypesSchema.safeParse({ claim: type }).success, JSON.stringify(type));
  for (const name of ["", "sub", "exp", "scope"])
    assert.ok(!claimTypesSchema.safeParse({ [name]: "string" }).success, name);
});
