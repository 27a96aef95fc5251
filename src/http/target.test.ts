import assert from "node:assert/strict";
import { suite, test } from "node:test";
import * as fc from "fast-check";
import { ProtocolError } from "./protocol-error.ts";
import { canonicalTarget } from "./target.ts";

void suite("Canonical targets", () => {
  const cases: [raw: string, path: string, query?: string][] = [
    ["/", "/"],
    ["/api/v1/users", "/api/v1/users"],
    ["/a/", "/a/"],
    ["/a?b=c", "/a", "?b=c"],
    ["/a?", "/a", "?"],
    ["/?a?b", "/", "?a?b"],
    ["/a?//../%2f;\\|", "/a", "?//../%2f;\\|"],
    ["/a?%zz%", "/a", "?%zz%"],
    ["/%61%7A%41%30%2d%2E%5f%7e", "/azA0-._~"],
    ["/%e2%82%ac", "/%E2%82%AC"],
    ["/a%20b", "/a%20b"],
    ["/%25%32%66", "/%252f"],
    ["/a%3ab%40", "/a%3Ab%40"],
    ["/%3f%23%3b", "/%3F%23%3B"],
    ["/a:b@c!$&'()*+,=", "/a:b@c!$&'()*+,="],
    ['/"<>^`{|}', "/%22%3C%3E%5E%60%7B%7C%7D"],
    ["/.well-known/x", "/.well-known/x"],
    ["/..a/b../...", "/..a/b../..."],
    ["/a.", "/a."],
    ["/~user", "/~user"],
  ];
  for (const [raw, path, query = ""] of cases) {
    void test(raw, () => assert.deepEqual(canonicalTarget(raw), { path, query }));
  }
});

void suite("Targets where encoded slashes are taken", () => {
  const taken = {
    "/a%2fb": "/a%2Fb",
    "/%2F": undefined,
    "/a/%2Fb": undefined,
    "/a%2F/b": undefined,
    "/a%2f%2fb": undefined,
  };
  const more = {
    "/a%2F..": undefined,
    "/..%2fa": undefined,
    "/a%2f%2e%2e%2fb": undefined,
    "/.%2Fa": undefined,
    "/a%5cb": undefined,
    "/a%2F": "/a%2F",
    "/@a%2fb/c%2Fd": "/@a%2Fb/c%2Fd",
  };
  for (const [raw, path] of Object.entries({ ...taken, ...more })) {
    void test(raw, () => {
      if (path === undefined) assert.throws(() => canonicalTarget(raw, true), ProtocolError);
      else assert.deepEqual(canonicalTarget(raw, true), { path, query: "" });
    });
  }
});

void suite("Refused targets", () => {
  const ambiguous: Readonly<Record<string, readonly string[]>> = {
    "encoded slashes and backslashes": ["/a%2fb", "/a%2Fb", "/%2f", "/a%5cb", "/a%5Cb"],
    "encoded control characters": ["/%00", "/a%0d%0ab", "/%09", "/%1f", "/%7f", "/%7F"],
    "bad escapes": ["/%", "/%4", "/%zz", "/%4g", "/a%", "/%%41", "/%u0041", "/% 41"],
    "dot segments": ["/.", "/..", "/./a", "/../a", "/a/.", "/a/..", "/a/./b", "/a/../b", "/a/..?b"],
    "encoded dot segments": ["/%2e", "/%2e%2e", "/.%2E", "/%2e./a", "/a/%2E%2e/b", "/a/%2e", "/a/.%2e?b"],
    "empty segments": ["//", "//a", "/a//b", "/a//", "///", "/a/%61//"],
    "path parameters": ["/a;b", "/a;jsessionid=1/b", "/..;/a", "/;"],
    backslashes: ["/a\\b", "/\\", "/..\\a"],
    fragments: ["/a#b", "/#"],
    "control bytes, spaces, bytes beyond ASCII": ["/\0", "/a\tb", "/a b", "/\x7f", "/\x80", "/\xff", "/\r\n"],
    "escapes that are not UTF-8": [
      "/%c0%af",
      "/%c0%ae%c0%ae",
      "/%e0%80%af",
      "/%ff",
      "/%e2%82",
      "/%ed%a0%80",
      "/%E9",
    ],
  };
  for (const [what, targets] of Object.entries(ambiguous)) {
    void test(what, () => {
      for (const target of targets)
        assert.throws(() => canonicalTarget(target), isRefusal("http.ambiguous_path"), target);
    });
  }

  void test("what is no origin form, and bad queries", () => {
    for (const target of [
      "",
      "a",
      "*",
      "?a",
      "%2f",
      "\\a",
      "/a?b c",
      "/a?b#c",
      "/a?\0",
      "/a?\x7f",
      "/?\n",
      "/a?\xe9",
    ]) {
      assert.throws(() => canonicalTarget(target), isRefusal("http.bad_target"), JSON.stringify(target));
    }
  });
});

function isRefusal(code: string) {
  return (error: unknown) => error instanceof ProtocolError && error.kind.code === code;
}

void suite("Properties of canonical targets", () => {
  const fragment = fc.constantFrom(
    ..."/.%?;\\#| aZ~2eEfF5cC".split(""),
    "%2e",
    "%2F",
    "%41",
    "%7c",
    "%25",
    "%e2%82%ac",
    "%80",
    "..",
    "/a",
  );
  const targets = fc.array(fragment, { maxLength: 12 }).map((parts) => `/${parts.join("")}`);

  void test("the canonical form is its own canonical form, and has one spelling of everything", () => {
    let accepted = 0;
    fc.assert(
      fc.property(targets, (raw) => {
        const first = canonicalOrUndefined(raw);
        if (first === undefined) return;
        accepted++;
        assert.deepEqual(canonicalTarget(first.path + first.query), first);
        assert.ok(raw.endsWith(first.query));
        assert.match(
          first.path,
          /^(?:\/(?!\.{1,2}(?:\/|$))(?:[A-Za-z0-9\-._~!$&'()*+,=:@]|%[0-9A-F]{2})+)*\/?$/,
        );
        assert.doesNotMatch(first.path, /%(?:2F|5C|[01].|7F|2D|2E|5F|7E|3[0-9]|[46][1-9A-F]|[57][0-9A])/);
      }),
      { numRuns: 5000 },
    );
    assert.ok(accepted > 500, `only ${accepted} accepted`);
  });

  void test("escaping any letter changes nothing", () => {
    for (const path of ["/api/v1/users", "/Admin", "/a.b/c"]) {
      assert.equal(canonicalTarget(escapeLetters(path)).path, path);
    }
  });
});

function canonicalOrUndefined(raw: string) {
  try {
    return canonicalTarget(raw);
  } catch (error) {
    assert.ok(error instanceof ProtocolError);
    return undefined;
  }
}

function escapeLetters(text: string): string {
  return text.replace(/[A-Za-z]/g, (letter) => `%${letter.charCodeAt(0).toString(16)}`);
}
