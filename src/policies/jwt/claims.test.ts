import assert from "node:assert/strict";
import { test } from "node:test";
import { bear, CLAIMS, createPolicy, request, sign } from "./testing.ts";

type Config = Parameters<typeof createPolicy>[0];

const admin: Config = { requiredClaims: ["tenant", { claim: "role", values: ["admin", "ops"] }] };
const scalar: Config = {
  requiredClaims: [
    { claim: "email_verified", values: [true] },
    { claim: "level", values: [3, 4] },
  ],
};
const proto: Config = { requiredClaims: ["__proto__", { claim: "constructor", values: ["a"] }] };

const cases: readonly (readonly [what: string, config: Config, claims: object | string, code: string])[] = [
  ["a claim that is there, and one with an accepted value", admin, { tenant: "a" }, ""],
  ["another accepted value", admin, { tenant: "a", role: "ops" }, ""],
  ["a list with an accepted value", admin, { tenant: "a", role: ["user", "ops"] }, ""],
  ["a claim of any type that is only asked to be there", admin, { tenant: { a: 1 } }, ""],
  ["false where a claim is only asked to be there", admin, { tenant: false }, ""],
  ["no claim", admin, {}, "claim_missing"],
  ["a claim that is null", admin, { tenant: null }, "claim_missing"],
  ["no claim whose value is asked for", admin, { tenant: "a", role: undefined }, "claim_missing"],
  ["another value", admin, { tenant: "a", role: "user" }, "claim_value"],
  ["a value in another case", admin, { tenant: "a", role: "Admin" }, "claim_value"],
  ["a value with a blank", admin, { tenant: "a", role: "admin " }, "claim_value"],
  ["a list without an accepted value", admin, { tenant: "a", role: ["user"] }, "claim_value"],
  ["an empty list", admin, { tenant: "a", role: [] }, "claim_value"],
  ["a list in a list", admin, { tenant: "a", role: [["admin"]] }, "claim_value"],
  ["an object", admin, { tenant: "a", role: { admin: true } }, "claim_value"],
  ["values that are no text", scalar, { email_verified: true, level: 3 }, ""],
  ["true as text", scalar, { email_verified: "true", level: 3 }, "claim_value"],
  ["a number for true", scalar, { email_verified: 1, level: 3 }, "claim_value"],
  ["a number as text", scalar, { email_verified: true, level: "3" }, "claim_value"],
  ["names of every object's prototype", proto, {}, "claim_missing"],
  [
    "members with such names",
    proto,
    `${JSON.stringify(CLAIMS).slice(0, -1)},"__proto__":1,"constructor":"a"}`,
    "",
  ],
];

for (const [what, config, claims, code] of cases) {
  test(`required claims: ${what} (${code || "passes"})`, async () => {
    const { policy } = createPolicy(config);
    const token = sign(typeof claims === "string" ? claims : { ...CLAIMS, ...claims });
    const { code: given, reply } = await bear(policy, token);
    assert.equal(given, code && `jwt.${code}`);
    if (code !== "") assert.equal(reply?.status, 401);
  });
}

test("what values are accepted is not told", async () => {
  const { policy } = createPolicy(admin);
  const { reply } = await bear(policy, sign({ ...CLAIMS, tenant: "a", role: "user" }));
  assert.equal(reply?.refusal?.detail, "The token's claim role has a value that is not accepted here.");
});

const plans: readonly (readonly [claims: object, plan: string | undefined, code: string])[] = [
  [{ plan: "gold" }, "gold", ""],
  [{}, undefined, ""],
  [{ plan: null }, undefined, ""],
  [{ plan: "" }, undefined, "jwt.claim_type"],
  [{ plan: 1 }, undefined, "jwt.claim_type"],
  [{ plan: ["gold"] }, undefined, "jwt.claim_type"],
  [{ plan: { name: "gold" } }, undefined, "jwt.claim_type"],
  [{ plan: true }, undefined, "jwt.claim_type"],
];

for (const [claims, plan, code] of plans) {
  test(`the plan of ${JSON.stringify(claims)}`, async () => {
    const { policy } = createPolicy({ plan: "plan" });
    const { x, code: given } = await bear(policy, sign({ ...CLAIMS, ...claims }));
    assert.equal(given, code);
    assert.equal(x.caller?.plan, plan);
  });
}

test("without the option no claim is the plan", async () => {
  const { policy } = createPolicy();
  const { x } = await bear(policy, sign({ ...CLAIMS, plan: "gold" }));
  assert.equal(x.caller?.plan, undefined);
});

test("where a token is optional, services are told of nobody without one", async () => {
  const { policy } = createPolicy({ optional: true, claimsToHeaders: { sub: "x-user-id" } });
  const { x, reply } = await request(policy, {});
  assert.equal(reply, undefined);
  assert.equal(x.caller, undefined);
  assert.equal(x.forwardHeaders, undefined);
});
