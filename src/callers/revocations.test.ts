import assert from "node:assert/strict";
import { test } from "node:test";
import { simulatedHost } from "../testing/simulated-host.ts";
import { ConfigMistake } from "../lib/config-mistake.ts";
import { RevocationTable } from "../zones/revocation-table.ts";
import { findRevocations, Revocations } from "./revocations.ts";

const HOUR = 3_600_000;

function create(entries = 10) {
  const { clock } = simulatedHost();
  const zone = new Revocations({ entries, keepFor: HOUR }, RevocationTable.create(entries, [1, 2]), clock);
  return { zone, clock, nowSeconds: () => clock.wall() / 1000 };
}

test("a token is revoked by its jti, and nothing else is", () => {
  const { zone, nowSeconds } = create();
  const iat = nowSeconds();
  assert.equal(zone.generation, 0);
  assert.ok(zone.revokeToken("a", Infinity));
  assert.equal(zone.generation, 1);
  const cases: readonly (readonly [jti: unknown, sub: string, revoked: boolean])[] = [
    ["a", "alice", true],
    ["b", "alice", false],
    ["", "alice", false],
    [undefined, "a", false],
    [["a"], "a", false],
    [{}, "[object Object]", false],
  ];
  for (const [jti, sub, revoked] of cases) assert.equal(zone.isRevoked(jti, sub, iat), revoked, String(jti));
});

test("a subject's tokens are revoked that were issued until now, to the end of the second", () => {
  const { zone, clock, nowSeconds } = create();
  clock.advance(10_400);
  const now = nowSeconds();
  assert.ok(zone.revokeSubject("alice"));
  const cases: readonly (readonly [iat: number, sub: string, revoked: boolean])[] = [
    [0, "alice", true],
    [now - 0.4, "alice", true],
    [now, "alice", true],
    [now + 0.59, "alice", true],
    [now + 0.6, "alice", false],
    [now + 10, "alice", false],
    [0, "bob", false],
    [0, "", false],
  ];
  for (const [iat, sub, revoked] of cases)
    assert.equal(zone.isRevoked("alice", sub, iat), revoked, `${sub} ${iat}`);
  clock.advance(5000);
  assert.ok(zone.revokeSubject("alice"));
  assert.ok(zone.isRevoked(undefined, "alice", now + 5));
});

/** Milliseconds after which it is forgotten, and its slot free for another. */
const ends: readonly (readonly [
  what: string,
  revoke: (zone: Revocations, nowMs: number) => void,
  keptForMs: number,
])[] = [
  ["a token that expires", (zone, nowMs) => zone.revokeToken("a", nowMs + 60_000), 60_000 + 120_000],
  ["a token of which that is not known", (zone) => zone.revokeToken("a", Infinity), HOUR + 120_000],
  [
    "a token that says that it never will",
    (zone, nowMs) => zone.revokeToken("a", nowMs + 1000 * HOUR),
    HOUR + 120_000,
  ],
  ["a token that has expired, by this clock", (zone, nowMs) => zone.revokeToken("a", nowMs - 30_000), 90_000],
  ["a subject", (zone) => zone.revokeSubject("alice"), HOUR + 120_000],
];
for (const [what, revoke, keptForMs] of ends) {
  test(`${what} is known until two minutes after no such token passes any more`, () => {
    const { zone, clock, nowSeconds } = create();
    const iat = nowSeconds();
    revoke(zone, clock.wall());
    clock.advance(keptForMs - 1);
    assert.ok(zone.isRevoked("a", "alice", iat));
    clock.advance(1);
    assert.ok(!zone.isRevoked("a", "alice", iat));
  });
}

test("a token that has expired for everybody takes no room", () => {
  const { zone, clock } = create(1);
  for (let i = 0; i < 200; i++) assert.ok(zone.revokeToken(`token ${i}`, clock.wall() - 120_000));
  assert.equal(zone.generation, 0);
});

test("what has no room is not revoked, and nothing is forgotten for it", () => {
  const { zone, clock, nowSeconds } = create(1);
  const iat = nowSeconds();
  let revoked = 0;
  while (zone.revokeToken(`token ${revoked}`, Infinity)) revoked++;
  assert.equal(revoked, 128);
  assert.equal(zone.generation, revoked);
  assert.ok(!zone.revokeSubject("alice"));
  assert.ok(!zone.isRevoked(undefined, "alice", iat - 1));
  for (let i = 0; i < revoked; i++) assert.ok(zone.isRevoked(`token ${i}`, "", iat));
  // The same once more needs no room.
  assert.ok(zone.revokeToken("token 7", Infinity));
  clock.advance(HOUR + 120_000);
  assert.ok(zone.revokeSubject("alice"));
});

test("a zone that is not there is a mistake that names those that are", () => {
  const { zone } = create();
  const zones = new Map([["tokens", zone]]);
  assert.equal(findRevocations(zones, "tokens", "read"), zone);
  assert.deepEqual([...zone.uses], ["read"]);
  const cases: readonly (readonly [ReadonlyMap<string, Revocations>, hint: RegExp])[] = [
    [zones, /the config has: tokens/],
    [new Map<string, Revocations>(), /revocations: \{ other: \{\} \}/],
  ];
  for (const [given, hint] of cases) {
    assert.throws(
      () => findRevocations(given, "other", "written"),
      (error) => {
        assert.ok(error instanceof ConfigMistake);
        assert.match(error.message, /unknown zone of revocations "other"/);
        assert.deepEqual(error.path, ["revocations"]);
        assert.match(error.hint!, hint);
        return true;
      },
    );
  }
});
