import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { lookAtFiles } from "../../testing/look-at-files.ts";
import { simulatedHost } from "../../simulation/simulated-host.ts";
import { createIp, passes } from "./testing.ts";

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
      name: "ConfigMistake",
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
        name: "ConfigMistake",
        message,
        hint,
        path: ["denyFile"],
      });
    });
  }

  it("that cannot be read are refused", () => {
    const denyFile = join(directory, "missing.txt");
    const message = `${denyFile}: there is no such file`;
    assert.throws(() => createIp({ denyFile }), { name: "ConfigMistake", message, path: ["denyFile"] });
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

  const changes: readonly [title: string, text: string, problem: RegExp][] = [
    ["a line that is none", "192.0.2.1\n192.0.2", /list\.txt:2: expected an IP address/],
    ["bits behind a length", "192.0.2.1/8\n", /list\.txt:1: 192\.0\.2\.1\/8 is not the first/],
    // Who writes in place has emptied the file first.
    ["nothing at all", "", /list\.txt is empty/],
    ["bytes that are no text", "192.0.2.1 # caf\xe9\n", /list\.txt is not UTF-8/],
  ];
  for (const [title, text, problem] of changes) {
    it(`that come to have ${title} change nothing, until they can be used again`, async (t) => {
      const host = simulatedHost();
      const denyFile = await write("192.0.2.1\n");
      const policy = createIp({ denyFile }, host);
      t.after(() => policy.close!());
      await writeFile(denyFile, text, "latin1");
      await lookAtFiles(t, host.clock);
      assert.equal(passes(policy, "192.0.2.1"), false);
      const [line] = host.log.lines;
      assert.equal(line?.level, "error");
      assert.match(JSON.stringify(line).replaceAll("\\\\", "\\"), problem);

      await writeFile(denyFile, "# nobody\n");
      await lookAtFiles(t, host.clock);
      assert.equal(passes(policy, "192.0.2.1"), true);
      assert.match(JSON.stringify(host.log.lines.at(-1)), /"info".*read anew/);
    });
  }

  it("are read anew, with what the config lists beside them", async (t) => {
    const host = simulatedHost();
    const allowFile = await write("192.0.2.1\n");
    const policy = createIp({ allow: ["192.0.2.9"], allowFile }, host);
    t.after(() => policy.close!());
    await writeFile(allowFile, "# none of those\nprivate\n::ffff:198.51.100.0/120\n");
    await lookAtFiles(t, host.clock);
    const addresses = ["192.0.2.1", "192.0.2.9", "10.1.2.3", "198.51.100.7"];
    assert.deepEqual(
      addresses.map((address) => passes(policy, address)),
      [false, true, true, true],
    );
  });

  it("that would let nobody pass are not taken", async (t) => {
    const host = simulatedHost();
    const allowFile = await write("192.0.2.1\n");
    const policy = createIp({ allowFile }, host);
    t.after(() => policy.close!());
    await writeFile(allowFile, "# nobody\n");
    await lookAtFiles(t, host.clock);
    assert.equal(passes(policy, "192.0.2.1"), true);
    assert.match(JSON.stringify(host.log.lines), /has no entries/);
  });

  it("are read in pieces, between which requests are served; of two contents the later one counts", async (t) => {
    const host = simulatedHost();
    const denyFile = await write("192.0.2.1\n");
    const policy = createIp({ denyFile }, host);
    t.after(() => policy.close!());
    const long = Array.from({ length: 9000 }, (_, i) => `10.${i >> 8}.${i & 255}.0/24`).join("\n");
    await writeFile(denyFile, long);
    await lookAtFiles(t, host.clock);
    assert.equal(passes(policy, "10.0.0.1"), true);
    assert.equal(passes(policy, "192.0.2.1"), false);
    await writeFile(denyFile, "192.0.2.2\n");
    await lookAtFiles(t, host.clock);
    for (let i = 0; i < 10; i++) await new Promise<void>((resolve) => host.clock.nextTurn(resolve));
    assert.equal(passes(policy, "10.0.0.1"), true);
    assert.equal(passes(policy, "192.0.2.2"), false);

    await writeFile(denyFile, long);
    await lookAtFiles(t, host.clock);
    for (let i = 0; i < 10; i++) await new Promise<void>((resolve) => host.clock.nextTurn(resolve));
    assert.deepEqual(
      ["10.0.0.1", "10.35.39.255", "10.35.40.0", "192.0.2.2"].map((address) => passes(policy, address)),
      [false, false, true, true],
    );
  });

  it("are no longer looked at once the policy is closed, nor when it could not be made", async () => {
    const host = simulatedHost();
    await createIp({ denyFile: await write("192.0.2.1") }, host).close!();
    assert.throws(() => createIp({ denyFile: join(directory, "list.txt"), allowFile: "missing.txt" }, host));
    assert.equal(host.clock.timers, 0);
  });
});
