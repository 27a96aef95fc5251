import assert from "node:assert/strict";
import { test } from "node:test";
import { Gateway } from "../gateway/gateway.ts";
import { testPrivateKey, toJwk, toPem } from "../testing/private-keys.ts";
import { simulatedHost } from "../simulation/simulated-host.ts";
import { ConfigError } from "./issue.ts";
import { formatPath } from "../lib/config-path.ts";
import { parseConfig } from "./parse.ts";

const [first, second] = [testPrivateKey("ES256"), testPrivateKey("ES256")];
const a = { privateKey: toPem(first), algorithm: "ES256" };
const b = { privateKey: toJwk(second), algorithm: "ES256" };
/** The simulated clock begins with 2026. */
const PAST = "2025-12-01T00:00:00Z";
const LONG_PAST = "2025-06-01T02:00:00+02:00";
const FUTURE = "2999-02-01T00:00:00Z";

/** What is wrong, as `place: message`. */
function mistakes(signingKeys: unknown, more: object = {}): string[] {
  try {
    void new Gateway(parseConfig({ signingKeys, routes: [], ...more }), simulatedHost()).close();
    return [];
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error));
    const told = error.message;
    for (const member of ["d", "x", "y"] as const) {
      assert.ok(!told.includes(first.export({ format: "jwk" })[member]!));
      assert.ok(!told.includes(second.export({ format: "jwk" })[member]!));
    }
    return error.issues.map((issue) => `${formatPath(issue.path)}: ${issue.message}`);
  }
}

const accepted: readonly (readonly [what: string, signingKeys: object])[] = [
  ["none", {}],
  ["one key", { tokens: [a] }],
  ["two keys, the second of which has signed", { tokens: [a, b] }],
  ["a key that is still to sign", { tokens: [{ ...b, signsFrom: FUTURE }, a] }],
  ["a time with an offset", { tokens: [{ ...b, signsFrom: LONG_PAST }] }],
  [
    "a rotation after a rotation",
    {
      tokens: [
        { ...b, signsFrom: PAST },
        { ...a, signsFrom: LONG_PAST },
      ],
    },
  ],
  ["two lists", { tokens: [a], internal: [b] }],
  ["a JWK as an object", { tokens: [{ ...b, privateKey: JSON.parse(b.privateKey) }] }],
  ["a kid of its own", { tokens: [{ ...a, kid: "2026-11" }] }],
];
for (const [what, signingKeys] of accepted) {
  test(`takes ${what}`, () => assert.deepEqual(mistakes(signingKeys), []));
}

const refused: readonly (readonly [what: string, signingKeys: unknown, mistake: RegExp])[] = [
  ["an empty list", { tokens: [] }, /^signingKeys\.tokens: /],
  ["a key without a list", { tokens: a }, /^signingKeys\.tokens: /],
  ["a list without a name", [a], /^signingKeys: /],
  ["a name with a blank", { "a b": [a] }, /^signingKeys\["a b"\]: expected letters/],
  ["a name of the prototype", JSON.parse(`{"__proto__":[]}`), /^signingKeys\.__proto__: /],
  [
    "no algorithm",
    { tokens: [{ privateKey: a.privateKey }] },
    /^signingKeys\.tokens\[0\]: "algorithm" is missing/,
  ],
  ["HS256", { tokens: [{ ...a, algorithm: "HS256" }] }, /^signingKeys\.tokens\[0\]\.algorithm: /],
  ["none", { tokens: [{ ...a, algorithm: "none" }] }, /^signingKeys\.tokens\[0\]\.algorithm: /],
  ["no key", { tokens: [{ algorithm: "ES256" }] }, /^signingKeys\.tokens\[0\]: "privateKey" is missing/],
  [
    "a variable that is not set",
    { tokens: [{ ...a, privateKey: { env: "NO_SUCH_KEY" } }] },
    /privateKey: the environment variable NO_SUCH_KEY is not set/,
  ],
  [
    "a key that does not fit",
    { tokens: [{ ...a, algorithm: "RS256" }] },
    /\[0\]\.privateKey: privateKey is a key on/,
  ],
  ["an object that is no key", { tokens: [{ ...a, privateKey: { kty: "EC" } }] }, /privateKey is public/],
  ["a key as a number", { tokens: [{ ...a, privateKey: 7 }] }, /^signingKeys\.tokens\[0\]\.privateKey: /],
  ["an empty kid", { tokens: [{ ...a, kid: "" }] }, /^signingKeys\.tokens\[0\]\.kid: /],
  ["an option that does not exist", { tokens: [{ ...a, expires: "1d" }] }, /expires/],
  [
    "a kid twice",
    {
      tokens: [
        { ...a, kid: "x" },
        { ...b, kid: "x" },
      ],
    },
    /^signingKeys\.tokens\[1\]\.kid: the kid "x" is that of signingKeys\.tokens\[0\] already$/,
  ],
  [
    "a kid twice, in two lists",
    { tokens: [{ ...a, kid: "x" }], internal: [{ ...b, kid: "x" }] },
    /^signingKeys\.internal\[0\]\.kid: the kid "x" is that of signingKeys\.tokens\[0\] already$/,
  ],
  [
    "a key twice under two names",
    {
      tokens: [
        { ...a, kid: "x" },
        { ...a, privateKey: toJwk(first), kid: "y" },
      ],
    },
    /^signingKeys\.tokens\[1\]\.privateKey: the key is that of signingKeys\.tokens\[0\] already$/,
  ],
  [
    "no key that signs yet",
    { tokens: [{ ...a, signsFrom: FUTURE }] },
    /^signingKeys\.tokens: no key .* signs yet$/,
  ],
  [
    "a new key behind the one that signs",
    { tokens: [a, { ...b, signsFrom: FUTURE }] },
    /^signingKeys\.tokens\[1\]\.signsFrom: this key would never sign/,
  ],
  [
    "two keys from one time on",
    {
      tokens: [
        { ...a, signsFrom: PAST },
        { ...b, signsFrom: PAST },
      ],
    },
    /^signingKeys\.tokens\[1\]\.signsFrom: this key would never sign/,
  ],
  [
    "a date without a time",
    { tokens: [{ ...a, signsFrom: "2026-01-01" }] },
    /signsFrom: expected a date and time/,
  ],
  [
    "a time without a zone",
    { tokens: [{ ...a, signsFrom: "2026-01-01T00:00:00" }] },
    /signsFrom: expected a date/,
  ],
  [
    "a day that does not exist",
    { tokens: [{ ...a, signsFrom: "2026-02-30T00:00:00Z" }] },
    /signsFrom: expected/,
  ],
  ["a time as a number", { tokens: [{ ...a, signsFrom: 1_767_225_600 }] }, /signsFrom: expected/],
];
for (const [what, signingKeys, mistake] of refused) {
  test(`refuses ${what}`, () => {
    const told = mistakes(signingKeys);
    assert.equal(told.length, 1, told.join("\n"));
    assert.match(told[0]!, mistake);
  });
}

const routes = [
  { path: "/keys", handler: { jwks: { signingKeys: ["tokens", "other"] } } },
  {
    path: "/token",
    handler: { token: { signingKeys: "tokesn", issuer: "i", audience: "a", credentials: "none" } },
  },
];
const unknown = [
  'routes[0].handler.jwks.signingKeys[1]: unknown signing keys "other"',
  'routes[1].handler.token.signingKeys: unknown signing keys "tokesn"',
];

test("routes that name no list are told of, also where the config is wrong elsewhere", () => {
  assert.deepEqual(mistakes({ tokens: [a] }, { routes }), unknown);
  assert.deepEqual(mistakes({ tokens: [a] }, { routes, drain: 5 }).slice(1), unknown);
  assert.deepEqual(mistakes(undefined, { routes: [routes[1]] }), [unknown[1]!.replace("[1]", "[0]")]);
});

test("what is wrong with one key is told beside what is wrong with another", () => {
  const tokens = [
    { ...a, kid: "" },
    { ...b, algorithm: "RS256" },
    { ...b, signsFrom: FUTURE },
    { ...a, kid: "x" },
  ];
  assert.deepEqual(
    mistakes({ tokens, none: 5 }).map((mistake) => mistake.split(": ")[0]),
    ["signingKeys.tokens[0].kid", "signingKeys.none", "signingKeys.tokens[1].privateKey"],
  );
});

test("a list with a mistake is still a list to those who name it", () => {
  const named = { routes: [{ path: "/keys", handler: { jwks: { signingKeys: "tokens" } } }] };
  for (const tokens of [[], [{ ...a, algorithm: "RS256" }], [{ ...a, signsFrom: FUTURE }], "x"]) {
    assert.equal(mistakes({ tokens }, named).length, 1);
    assert.equal(mistakes({ tokens, internal: [b] }, { ...named, drain: 5 }).length, 2);
  }
});
