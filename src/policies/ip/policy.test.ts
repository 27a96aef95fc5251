import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import type { z } from "zod";
import { testExchange } from "../../testing/exchange.ts";
import { simulatedHost } from "../../testing/simulated-host.ts";
import { ipPolicy } from "./policy.ts";
import { ipConfig } from "./schema.ts";

type Config = z.input<typeof ipConfig>;

function createIp(config: Config) {
  return ipPolicy.create(ipConfig.parse(config), simulatedHost());
}

/** Whether a request from `address` passes; what refuses it is always the same. */
function passes(policy: ReturnType<typeof createIp>, address: string, headers = {}): boolean {
  const reply = policy.request!(testExchange({ address, headers }));
  assert.ok(!(reply instanceof Promise));
  if (reply === undefined) return true;
  assert.equal(reply.status, 403);
  assert.equal(reply.refusal?.kind.code, "ip.denied");
  assert.equal(reply.refusal.detail, undefined);
  assert.equal(reply.refusal.members, undefined);
  return false;
}

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
  ["nothing at all", {}, "", /everybody would pass/, /add allow/],
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

describe("ip: lists in files", () => {
  let directory: string;
  before(async () => void (directory = await mkdtemp(join(tmpdir(), "portcullis-ip-"))));
  after(() => rm(directory, { recursive: true }));

  async function write(text: string): Promise<string> {
    const file = join(directory, "list.txt");
    await writeFile(file, text);
    return file;
  }

  it("have one entry a line, and comments", async () => {
    const denyFile = await write(
      "# a list\r\n\r\n192.0.2.0/24\r\n \t2001:db8::/32 # and why\n#10.0.0.1\nprivate#all of them\n203.0.113.1",
    );
    const policy = createIp({ denyFile, deny: ["198.51.100.1"] });
    for (const address of ["192.0.2.9", "2001:db8::1", "10.0.0.2", "203.0.113.1", "198.51.100.1"])
      assert.equal(passes(policy, address), false, address);
    for (const address of ["192.0.3.0", "198.51.100.2"]) assert.equal(passes(policy, address), true, address);
  });

  it("are added to what the config lists", async () => {
    const allowFile = await write("192.0.2.1\n");
    const policy = createIp({ allowFile, allow: ["192.0.2.2"], deny: ["192.0.2.3"] });
    const allowed = ["192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4"].map((text) => passes(policy, text));
    assert.deepEqual(allowed, [true, true, false, false]);
    assert.equal(passes(createIp({ allowFile }), "192.0.2.2"), false);
  });

  it("may deny nobody, but not allow nobody", async () => {
    const empty = await write("# nothing yet\n");
    assert.equal(passes(createIp({ denyFile: empty }), "192.0.2.1"), true);
    assert.equal(passes(createIp({ allow: ["192.0.2.1"], allowFile: empty }), "192.0.2.1"), true);
    assert.throws(() => createIp({ allowFile: empty }), {
      name: "PolicyConfigError",
      message: /list\.txt has no entries/,
      path: ["allowFile"],
    });
  });

  const lines: readonly [text: string, message: RegExp, hint: RegExp][] = [
    ["192.0.2.1\n# comment\n10.0.0.1/8\n", /list\.txt:3: 10\.0\.0\.1\/8 is not/, /write 10\.0\.0\.0\/8 /],
    ["192.0.2.1 192.0.2.2\n", /list\.txt:1: expected an IP address/, /not looked up/],
    ["\n\n; 192.0.2.1", /list\.txt:3: expected/, /not looked up/],
    ["x".repeat(100_000), /^.{0,200}$/, /not looked up/],
  ];
  for (const [text, message, hint] of lines) {
    it(`${JSON.stringify(text.slice(0, 40))} is refused with its line`, async () => {
      const denyFile = await write(text);
      assert.throws(() => createIp({ denyFile }), {
        name: "PolicyConfigError",
        message,
        hint,
        path: ["denyFile"],
      });
    });
  }

  it("that cannot be read are refused", () => {
    const denyFile = join(directory, "missing.txt");
    const message = `the file ${denyFile} does not exist`;
    assert.throws(() => createIp({ denyFile }), { name: "PolicyConfigError", message, path: ["denyFile"] });
  });

  it("may have a hundred thousand entries", async () => {
    const networks: string[] = [];
    // Every second /24 of 10.0.0.0/8 and /48 of 2001::/20, backwards.
    for (let i = 49_999; i >= 0; i--) {
      networks.push(
        `10.${(i >> 7) & 255}.${(i << 1) & 255}.0/24`,
        `2001:${(i << 1) & 0xfff}:${i >> 11}::/48`,
      );
    }
    const policy = createIp({ denyFile: await write(networks.join("\n")) });
    for (let i = 0; i < 32_768; i += 97) {
      const third = (i << 1) & 255;
      assert.equal(passes(policy, `10.${(i >> 7) & 255}.${third}.255`), false);
      assert.equal(passes(policy, `10.${(i >> 7) & 255}.${third + 1}.0`), true);
    }
    assert.equal(passes(policy, "2001:2:0:ffff::1"), false);
    assert.equal(passes(policy, "2001:3::"), true);
  });
});
