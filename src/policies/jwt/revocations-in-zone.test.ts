import assert from "node:assert/strict";
import { test } from "node:test";
import { ConfigMistake } from "../../lib/config-mistake.ts";
import { Revocations } from "../../callers/revocations.ts";
import { simulatedHost } from "../../testing/simulated-host.ts";
import { jwtPolicy } from "./policy.ts";
import { jwtConfig } from "./schema.ts";
import { bear, CLAIMS, NOW, SECRET, sign } from "./testing.ts";
import { RevocationTable } from "../../zones/revocation-table.ts";
import { testAround } from "../../testing/around.ts";

const HOUR = 3_600_000;

function create(config: object = {}) {
  const host = simulatedHost();
  const zone = new Revocations(
    { entries: 100, keepFor: HOUR },
    RevocationTable.create(100, [1, 2]),
    host.clock,
  );
  const given = { secret: SECRET, algorithms: ["HS256"], revocations: "tokens", ...config };
  const around = testAround({ host, revocations: new Map([["tokens", zone]]) });
  const createPolicy = () => jwtPolicy.create(jwtConfig.parse(given), around);
  return { policy: createPolicy(), another: createPolicy(), zone, clock: host.clock };
}

for (const entries of [2, 10_000]) {
  test(`a token that is revoked does not pass from then on, new or remembered, with ${entries} remembered`, async () => {
    const { policy, another, zone } = create({ cache: { entries } });
    const token = sign({ ...CLAIMS, jti: "a" });
    const other = sign({ ...CLAIMS, jti: "b" });
    for (let i = 0; i < 3; i++) assert.equal((await bear(policy, token)).code, "");
    assert.ok(zone.revokeToken("a", Infinity));
    for (let i = 0; i < 3; i++) {
      const { code, reply, x } = await bear(policy, token);
      assert.deepEqual([code, reply?.status, x.caller], ["jwt.revoked", 401, undefined]);
      assert.equal((await bear(policy, other)).code, "");
    }
    // Every policy that names the zone, as every thread has one of its own.
    assert.equal((await bear(another, token)).code, "jwt.revoked");
    assert.ok(zone.revokeToken("b", Infinity));
    assert.equal((await bear(policy, other)).code, "jwt.revoked");
  });
}

test("a token is looked for once after a revocation, and what is revoked meanwhile is not missed", async (t) => {
  const { policy, zone } = create();
  const token = sign({ ...CLAIMS, jti: "a" });
  const isRevoked = zone.isRevoked.bind(zone);
  let meanwhile: (() => void) | undefined;
  const looks = t.mock.method(zone, "isRevoked", (...given: Parameters<typeof isRevoked>) => {
    const found = isRevoked(...given);
    meanwhile?.();
    return found;
  });
  const ask = async (): Promise<string> => (await bear(policy, token)).code;
  for (let i = 0; i < 3; i++) assert.equal(await ask(), "");
  assert.equal(looks.mock.callCount(), 0);
  for (let round = 1; round < 4; round++) {
    zone.revokeToken(`another ${round}`, Infinity);
    for (let i = 0; i < 3; i++) assert.equal(await ask(), "");
    assert.equal(looks.mock.callCount(), round);
  }
  // As another thread may, between the look and its end.
  zone.revokeToken("yet another", Infinity);
  meanwhile = () => void zone.revokeToken("a", Infinity);
  assert.deepEqual([await ask(), await ask()], ["", "jwt.revoked"]);
});

test("a subject's tokens do not pass, and those that it gets from the next second on do", async () => {
  const { policy, zone, clock } = create();
  const old = sign(CLAIMS);
  assert.equal((await bear(policy, old)).code, "");
  clock.advance(400);
  zone.revokeSubject("1");
  assert.equal((await bear(policy, old)).code, "jwt.revoked");
  clock.advance(600);
  const next = sign({ ...CLAIMS, iat: NOW + 1 });
  assert.equal((await bear(policy, next)).code, "");
  assert.equal((await bear(policy, old)).code, "jwt.revoked");
  assert.equal((await bear(policy, sign({ ...CLAIMS, sub: "2" }))).code, "");
});

const lives: readonly (readonly [what: string, claims: object, code: string])[] = [
  ["as long as the zone keeps", { exp: NOW + 3600 }, ""],
  ["a second longer", { exp: NOW + 3601 }, "jwt.claim_value"],
  ["longer, and most of it is over", { iat: NOW - 3600, exp: NOW + 60 }, "jwt.claim_value"],
  ["nobody knows since when", { iat: undefined }, "jwt.claim_missing"],
  ["nobody knows since when, and null says so", { iat: null }, "jwt.claim_type"],
];
for (const [what, claims, code] of lives) {
  test(`a token that is valid ${what} ${code === "" ? "passes" : "is refused"}`, async () => {
    const { policy } = create();
    for (let i = 0; i < 2; i++) {
      const { code: said, reply } = await bear(policy, sign({ ...CLAIMS, ...claims }));
      assert.equal(said, code);
      if (code === "jwt.claim_value") assert.match(reply!.refusal!.detail!, /valid for more than 3600 s/);
      if (code === "jwt.claim_missing") assert.match(reply!.refusal!.detail!, /claim iat/);
    }
  });
}

test("no token that the zone takes outlives its revocation, however far the clocks are off", async () => {
  const ahead = { iat: NOW + 60, exp: NOW + 60 + 3600, jti: "a" };
  const { policy, zone, clock } = create({ clockTolerance: "60s" });
  const token = sign({ ...CLAIMS, ...ahead });
  assert.equal((await bear(policy, token)).code, "");
  zone.revokeToken("a", Infinity);
  let code = "jwt.revoked";
  for (let i = 0; code === "jwt.revoked"; i++) {
    clock.advance(1000);
    code = (await bear(policy, token)).code;
  }
  assert.equal(code, "jwt.expired");
});

test("lists go together with a zone", async () => {
  const { policy, zone } = create({ revoked: [{ jti: "listed" }] });
  zone.revokeToken("a", Infinity);
  const codes = [];
  for (const jti of ["listed", "a", "b"]) codes.push((await bear(policy, sign({ ...CLAIMS, jti }))).code);
  assert.deepEqual(codes, ["jwt.revoked", "jwt.revoked", ""]);
});

test("without a zone, tokens need no iat and are valid for as long as they like", async () => {
  const { policy } = create({ revocations: undefined });
  const token = sign({ ...CLAIMS, iat: undefined, exp: NOW + 100 * 86_400 });
  assert.equal((await bear(policy, token)).code, "");
});

test("a zone that is not there is a mistake of the config", () => {
  const config = jwtConfig.parse({ secret: SECRET, algorithms: ["HS256"], revocations: "tokens" });
  assert.throws(
    () => jwtPolicy.create(config, testAround()),
    (error) => error instanceof ConfigMistake && error.path[0] === "revocations",
  );
});
