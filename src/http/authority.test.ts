import assert from "node:assert/strict";
import { test } from "node:test";
import { canonicalAuthority } from "./authority.ts";

const accepted: [raw: string, canonical: string][] = [
  ["a", "a"],
  ["Example.COM", "example.com"],
  ["example.com.", "example.com."],
  ["my_service-1.local:8080", "my_service-1.local:8080"],
  ["127.0.0.1:1", "127.0.0.1:1"],
  ["a:65535", "a:65535"],
  ["[::]", "[::]"],
  ["[::1]:80", "[::1]:80"],
  ["[2001:DB8::8:800:200C:417A]", "[2001:db8::8:800:200c:417a]"],
  ["[1:2:3:4:5:6:7:8]", "[1:2:3:4:5:6:7:8]"],
  ["[1:2:3:4:5:6:7::]", "[1:2:3:4:5:6:7::]"],
  ["[::ffff:192.0.2.1]", "[::ffff:192.0.2.1]"],
];

const refused = [
  "",
  ".",
  "a..b",
  ".a",
  ":80",
  "a:",
  "a:0",
  "a:080",
  "a:65536",
  "a:123456",
  "a:b",
  "a:80:80",
  "a b",
  "a,b",
  "a@b",
  "a/b",
  "a?b",
  "a#b",
  "a%41",
  "a\\b",
  "\xe9",
  "a\0",
  "a\r\n",
  "::1",
  "[",
  "[]",
  "[::1",
  "::1]",
  "[::1]a",
  "[::1]:",
  "[:::]",
  "[1::2::3]",
  "[1:2:3:4:5:6:7]",
  "[1:2:3:4:5:6:7:8:9]",
  "[1:2:3:4:5:6:7:8::]",
  "[12345::]",
  "[g::]",
  "[fe80::1%25eth0]",
  "[::256.0.0.1]",
  "[::1.2.3]",
  "[1.2.3.4::]",
  "[v1.a]",
  "[:1]",
  "[1:]",
  "a".repeat(262),
];

void test("well-formed hosts become lower case", () => {
  for (const [raw, canonical] of accepted) {
    assert.equal(canonicalAuthority(raw), canonical);
    assert.equal(canonicalAuthority(raw), canonical, "the second time from memory");
  }
});

void test("malformed hosts are refused, also right after a good one", () => {
  for (const raw of refused) {
    canonicalAuthority("a");
    assert.equal(canonicalAuthority(raw), undefined, JSON.stringify(raw));
  }
});
