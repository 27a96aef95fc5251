import assert from "node:assert/strict";
import { test } from "node:test";
import { isBasic, parseBasicPair } from "./basic-credentials.ts";

const encode = (pair: string | Buffer): string => `Basic ${Buffer.from(pair).toString("base64")}`;

const pairs: readonly (readonly [what: string, authorization: string, name: string, password: string])[] = [
  ["a pair", encode("alice:secret"), "alice", "secret"],
  ["the scheme in another case", encode("alice:secret").replace("Basic", "bASIC"), "alice", "secret"],
  ["a password with colons", encode("alice:a:b::"), "alice", "a:b::"],
  ["an empty name", encode(":secret"), "", "secret"],
  ["an empty password", encode("alice:"), "alice", ""],
  ["nothing but the colon", encode(":"), "", ""],
  ["text beyond ASCII", encode("älice:p\u{1f511}"), "älice", "p\u{1f511}"],
  ["a byte order mark, which is a character", encode("\ufeffa:b"), "\ufeffa", "b"],
  ["control characters, which are for others to judge", encode("a\0:b\r\n"), "a\0", "b\r\n"],
  ["a name of the prototype", encode("__proto__:x"), "__proto__", "x"],
];
for (const [what, authorization, name, password] of pairs) {
  test(`reads ${what}`, () => {
    assert.deepEqual(parseBasicPair(authorization), { name, password });
    assert.ok(isBasic(authorization));
  });
}

const broken: readonly (readonly [what: string, authorization: string])[] = [
  ["nothing", "Basic "],
  ["no colon", encode("alice")],
  ["two spaces", encode("alice:secret").replace(" ", "  ")],
  ["a space at the end", `${encode("alice:secret")} `],
  ["a tab", encode("alice:secret").replace(" ", "\t")],
  ["padding too much", `${encode("alice:secretx")}=`],
  ["padding that is missing", encode("alice:secret1").replace("=", "")],
  ["bits that no byte has", "Basic YWxpY2U6eB=="],
  ["base64url", `Basic ${Buffer.from("a:\u{fffff}\u{fffff}").toString("base64url")}`],
  ["a second credential", `${encode("alice:secret")},${encode("alice:secret")}`],
  ["bytes that are not UTF-8", encode(Buffer.from([0x61, 0x3a, 0xff]))],
  ["an overlong colon", encode(Buffer.from([0x61, 0xc0, 0xba, 0x62]))],
  ["parameters", 'Basic realm="a"'],
];
for (const [what, authorization] of broken) {
  test(`does not read ${what}`, () => assert.equal(parseBasicPair(authorization), undefined));
}

for (const authorization of ["", "Basic", "Basicx YTpi", "Bearer YTpi", " Basic YTpi", "Digest a"]) {
  test(`${JSON.stringify(authorization)} is not of Basic`, () => {
    assert.ok(!isBasic(authorization));
    assert.equal(parseBasicPair(authorization), undefined);
  });
}
