import assert from "node:assert/strict";
import fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { ConfigMistake } from "../../lib/config-mistake.ts";
import { lookAtFiles } from "../../testing/look-at-files.ts";
import { simulatedHost } from "../../simulation/simulated-host.ts";
import { jwtPolicy } from "./policy.ts";
import { jwtConfig } from "./schema.ts";
import { bear, CLAIMS, NOW, SECRET, sign } from "./testing.ts";
import { testAround } from "../../testing/around.ts";
import { fileFieldsOf } from "../../lib/file-field.ts";

function createPolicy(config: object) {
  const host = simulatedHost();
  const given = { secret: SECRET, algorithms: ["HS256"], ...config };
  return { policy: jwtPolicy.create(jwtConfig.parse(given), testAround({ host })), host };
}

const at = (seconds: number): string => new Date(seconds * 1000).toISOString();
const jti = (...names: string[]) => names.map((name) => ({ jti: name }));
const sub = (notBefore: number, name = "1") => ({ sub: name, notBefore: at(notBefore) });

const cases: readonly (readonly [
  what: string,
  revoked: readonly object[],
  claims: object,
  passes: boolean,
])[] = [
  ["nothing is listed", [], { jti: "a" }, true],
  ["its jti is listed", jti("b", "a"), { jti: "a" }, false],
  ["another jti is listed", jti("b"), { jti: "a" }, true],
  ["it has no jti", jti("undefined", "null"), {}, true],
  ["its jti is of the prototype", jti("a"), { jti: "__proto__" }, true],
  ["a jti of the prototype is listed", jti("__proto__"), { jti: "__proto__" }, false],
  ["its jti is an object", jti("[object Object]"), { jti: {} }, true],
  ["it was issued before", [sub(NOW + 1)], {}, false],
  ["it was issued a fraction before", [sub(NOW + 0.5)], {}, false],
  ["it was issued then", [sub(NOW)], {}, true],
  ["it was issued later", [sub(NOW - 1)], {}, true],
  ["it does not say when it was issued", [sub(NOW - 1)], { iat: undefined }, false],
  ["another's were issued before", [sub(NOW + 1, "2")], {}, true],
  ["the last moment counts", [sub(NOW + 1), sub(NOW - 1)], {}, false],
  ["until has not come", [{ jti: "a", until: at(NOW + 1) }], { jti: "a" }, false],
  [
    "until has come",
    [
      { jti: "a", until: at(NOW) },
      { ...sub(NOW + 1), until: at(NOW) },
    ],
    { jti: "a" },
    true,
  ],
];
for (const [what, revoked, claims, passes] of cases) {
  test(`a token ${passes ? "passes" : "is refused"} when ${what}`, async () => {
    const { policy } = createPolicy({ revoked });
    for (let i = 0; i < 3; i++) {
      const { code, reply, x } = await bear(policy, sign({ ...CLAIMS, ...claims }));
      assert.equal(code, passes ? "" : "jwt.revoked");
      if (passes) continue;
      assert.deepEqual([reply?.status, x.caller, x.forwardHeaders], [401, undefined, undefined]);
      assert.match(reply!.headers![1]!, /error="invalid_token"/);
    }
  });
}

function tempFile(t: TestContext, text: string): string {
  const folder = fs.mkdtempSync(join(tmpdir(), "revoked-"));
  t.after(() => fs.rmSync(folder, { recursive: true }));
  const file = join(folder, "revoked.json");
  fs.writeFileSync(file, text);
  return file;
}

test("a file is read anew, remembered tokens no longer pass, and a bad file changes nothing", async (t) => {
  const revokedFile = tempFile(t, "[]");
  const { policy, host } = createPolicy({ revoked: jti("listed"), revokedFile });
  const token = sign({ ...CLAIMS, jti: "a" });
  for (let i = 0; i < 3; i++) assert.equal((await bear(policy, token)).code, "");
  const steps = [
    ['[{"jti":"a"}]', "jwt.revoked", "info"],
    ['[{"jti":"a"', "jwt.revoked", "error"],
    ['[{"jti":"b"},{"jti":1}]', "jwt.revoked", "error"],
    [`[{"sub":"1","notBefore":"${at(NOW + 1)}"}]`, "jwt.revoked", "info"],
    ["[]", "", "info"],
  ] as const;
  for (const [text, code, level] of steps) {
    fs.writeFileSync(revokedFile, text);
    await lookAtFiles(t, host.clock);
    assert.equal((await bear(policy, token)).code, code, text);
    assert.equal(host.log.lines.at(-1)?.level, level, text);
    assert.equal((await bear(policy, sign({ ...CLAIMS, jti: "listed" }))).code, "jwt.revoked");
  }
  fs.rmSync(revokedFile);
  await lookAtFiles(t, host.clock);
  assert.equal(host.log.lines.at(-1)?.level, "error");
  await policy.close?.();
  assert.equal(host.clock.timers, 0);
});

const bad: readonly (readonly [text: string, message: RegExp])[] = [
  ["", /no JSON list/],
  ["{}", /no JSON list/],
  ['[{"jti":"a","jti":"b"}]', /name twice/],
  ['[{"jti":"a"},"secret"]', /: \[1\] is neither/],
  ['[{"sub":"a"}]', /: \[0\] is neither/],
  ['[{"jti":"a","sub":"a"}]', /: \[0\] is neither/],
  ['[{"sub":"a","notBefore":1}]', /: \[0\] is neither/],
  ["[".repeat(10_000), /no JSON list/],
  [" ".repeat(2 * 1024 ** 2 + 1), /larger than/],
];
for (const [text, message] of bad) {
  test(`a config is refused for a file that holds ${text.slice(0, 30)}`, (t) => {
    const revokedFile = tempFile(t, text);
    assert.throws(
      () => createPolicy({ revokedFile }),
      (error) => {
        assert.ok(error instanceof ConfigMistake);
        assert.deepEqual(error.path, ["revokedFile"]);
        assert.match(error.message, message);
        assert.ok(!error.message.includes("secret"));
        return true;
      },
    );
  });
}

test("the kind names the file, and the schema refuses what is no list of entries", () => {
  const given = { secret: SECRET, algorithms: ["HS256"] };
  assert.equal(jwtConfig.parse({ ...given, revokedFile: "a.json" }).revokedFile, "a.json");
  assert.deepEqual(fileFieldsOf(jwtConfig), [["revokedFile"]]);
  for (const more of [{ revokedFile: "a.txt" }, { revoked: [{ sub: "a" }] }, { revoked: [{ jti: "" }] }])
    assert.ok(!jwtConfig.safeParse({ ...given, ...more }).success);
});
