import assert from "node:assert/strict";
import { it } from "node:test";
import { ipConfig } from "./schema.ts";
import { createIp, passes, type Config } from "./testing.ts";

const cases: readonly [
  title: string,
  config: Config,
  passing: readonly string[],
  denied: readonly string[],
][] = [
  [
    "deny alone lets all others pass",
    { deny: ["192.0.2.1", "198.51.100.0/24", "2001:db8:bad::/48"] },
    ["192.0.2.2", "198.51.101.0", "2001:db8::1", "::1"],
    ["192.0.2.1", "198.51.100.0", "198.51.100.255", "2001:db8:bad:ffff::1"],
  ],
  [
    "allow alone denies all others, also those of the other kind",
    { allow: ["10.0.0.0/8"] },
    ["10.0.0.0", "10.255.255.255"],
    ["9.255.255.255", "11.0.0.0", "::1", "2001:db8::1"],
  ],
  [
    "deny wins",
    { allow: ["10.0.0.0/8", "192.0.2.7"], deny: ["10.1.0.0/16", "192.0.2.0/24"] },
    ["10.0.0.1", "10.2.0.0"],
    ["10.1.0.0", "10.1.255.255", "192.0.2.7", "192.0.2.8", "203.0.113.1"],
  ],
  [
    "networks within networks, in any order",
    { deny: ["10.1.2.0/24", "10.0.0.0/8", "10.0.0.0/8", "10.0.0.0/9", "10.200.0.1", "11.0.0.0"] },
    ["9.255.255.255", "11.0.0.1"],
    ["10.0.0.0", "10.1.1.1", "10.1.2.3", "10.200.0.1", "10.255.255.255", "11.0.0.0"],
  ],
  [
    "networks that begin with the same address, the smaller first",
    { deny: ["10.0.0.0", "10.0.0.0/16", "10.0.0.0/8", "2001:db8::/48", "2001:db8::/32", "2001:db8::"] },
    ["11.0.0.0", "2001:db9::"],
    ["10.0.0.0", "10.0.255.255", "10.255.255.255", "2001:db8::", "2001:db8:ffff::1"],
  ],
  [
    "names",
    { allow: ["loopback", "private"] },
    ["127.0.0.1", "::1", "10.1.1.1", "192.168.0.1", "fd00::1"],
    ["128.0.0.1", "172.32.0.1", "2001:db8::1", "169.254.169.254"],
  ],
  [
    "an IPv4-mapped address is of IPv4, wherever it stands",
    { deny: ["::ffff:192.0.2.1", "198.51.100.0/24"] },
    ["192.0.2.2", "::192.0.2.1"],
    ["192.0.2.1", "::ffff:192.0.2.1", "::ffff:198.51.100.9", "::FFFF:c633:6409"],
  ],
  [
    "all of one kind",
    { deny: ["::/0"] },
    ["0.0.0.0", "255.255.255.255", "::ffff:192.0.2.1"],
    ["::", "::1", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"],
  ],
  ["nobody is denied", { deny: [] }, ["192.0.2.1", "::1"], []],
];

for (const [title, config, passing, denied] of cases) {
  it(`ip: ${title}`, () => {
    const policy = createIp(config);
    for (const address of passing) assert.equal(passes(policy, address), true, address);
    // What is no address, too, whatever the lists say.
    for (const address of [...denied, "", "unknown", "192.0.2.1:80", "[::1]", "__proto__"])
      assert.equal(passes(policy, address), false, address);
  });
}

it("ip: what headers say of the client changes nothing", () => {
  const policy = createIp({ allow: ["10.0.0.1"] });
  for (const name of ["x-forwarded-for", "forwarded", "x-real-ip", "true-client-ip", "client-ip"]) {
    assert.equal(passes(policy, "192.0.2.1", { [name]: "10.0.0.1" }), false);
    assert.equal(passes(policy, "10.0.0.1", { [name]: "192.0.2.1" }), true);
  }
});

const mistakes: readonly [title: string, config: Config, path: string, message: RegExp, hint: RegExp][] = [
  ["nothing at all", {}, "", /every client would pass/, /add allow/],
  ["an allow list without entries", { allow: [] }, "allow", /too small/i, /^$/],
  ["a name", { deny: ["10.0.0.1", "evil.test"] }, "deny.1", /expected an IP address/, /not looked up/],
  ["a zone", { deny: ["fe80::1%eth0"] }, "deny.0", /expected an IP address/, /zone/],
  ["an entry of a list's form", { allow: ["10.0.0.1, 10.0.0.2"] }, "allow.0", /expected/, /not looked up/],
  ["a leading zero", { allow: ["010.0.0.1"] }, "allow.0", /expected/, /not looked up/],
  ["a length out of range", { allow: ["10.0.0.0/33"] }, "allow.0", /expected/, /up to 32/],
  [
    "bits behind the length",
    { allow: ["10.9.8.7/12"] },
    "allow.0",
    /not the first/,
    /write 10\.0\.0\.0\/12 /,
  ],
  ["the same of IPv6", { deny: ["2001:db8::5/32"] }, "deny.0", /not the first/, /write 2001:db8::\/32 /],
];

for (const [title, config, path, message, hint] of mistakes) {
  it(`ip refuses the config of ${title}`, () => {
    const { error } = ipConfig.safeParse(config);
    const [issue, ...others] = error!.issues;
    assert.deepEqual(others, []);
    assert.equal(issue!.path.join("."), path);
    assert.match(issue!.message, message);
    const params = issue!.code === "custom" ? issue.params : undefined;
    assert.match(String(params?.["hint"] ?? ""), hint);
  });
}

for (const wrong of [
  null,
  1,
  "10.0.0.0/8",
  ["10.0.0.0/8"],
  { allow: "10.0.0.1" },
  { deny: [1] },
  { block: [] },
]) {
  it(`ip refuses the config ${JSON.stringify(wrong)}`, () => {
    assert.equal(ipConfig.safeParse(wrong).success, false);
  });
}
