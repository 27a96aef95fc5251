/**
 * The gateway behind nginx and HAProxy, where these are installed, as the guide says how to set them up: what it is told of the
 * client is right, whatever the client says of itself.
 */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import net from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it, type TestContext } from "node:test";
import { findProgram } from "../../bench/tools.ts";
import { stage, type Stage } from "./harness.ts";
import { RawPeer } from "./raw-peer.ts";

/** The address of the guide's gateway. */
const GATEWAY = "10.0.0.20:8000";
/** Of the client; the proxy has 127.0.0.1. */
const CLIENT = "127.0.0.77";

/** Everything by which a client may say that it is somebody else, or keep a proxy from saying who it is. */
const HOSTILE = [
  "X-Forwarded-For: 198.51.100.1, 127.0.0.1",
  "X-Forwarded-Proto: https",
  "X-Forwarded-Host: evil.test",
  "X-Real-IP: 198.51.100.2",
  "Forwarded: for=198.51.100.3;proto=https;host=evil.test",
  "Connection: close, X-Forwarded-For, X-Forwarded-Proto, X-Forwarded-Host, Forwarded",
];

const guide = readFileSync(join(import.meta.dirname, "../../docs/guides/behind-a-proxy.md"), "utf8");

/** The guide's example that holds `mark`, for a gateway on this port. */
function example(mark: string, port: number): string {
  const [found = ""] = [...guide.matchAll(/^```\w*\n(.*?)^```$/gms)]
    .map(([, text]) => text!)
    .filter((text) => text.includes(mark));
  assert.ok(found.includes(GATEWAY), `the guide has an example with ${mark}`);
  return found.replace(GATEWAY, `127.0.0.1:${port}`);
}

/** A gateway that says what it is told of the client. */
function stageBehind(t: TestContext, listen: object): Promise<Stage> {
  return stage(t, {
    listen: { port: 0, trustedProxies: ["127.0.0.1"], ...listen },
    routes: [
      {
        path: "/*",
        handler: {
          fetch: ({ headers }, { clientAddress }) => {
            const names = [
              "x-forwarded-for",
              "x-forwarded-proto",
              "x-forwarded-host",
              "forwarded",
              "x-real-ip",
            ];
            return Response.json([clientAddress, ...names.map((name) => headers.get(name))]);
          },
        },
      },
    ],
  });
}

/** What the gateway is told of a client that asks the proxy on `port` with these fields. */
async function told(port: number, fields: readonly string[]): Promise<unknown> {
  const client = new RawPeer(net.connect({ port, host: "127.0.0.1", localAddress: CLIENT }));
  client.write(`GET / HTTP/1.1\r\n${["Host: shop.example:8443", ...fields].join("\r\n")}\r\n\r\n`);
  const { line, body } = await client.takeMessage();
  client.destroy();
  assert.equal(line, "HTTP/1.1 200 OK", body);
  return JSON.parse(body);
}

/**
 * Runs `use` while the program serves `port` with this config. It is gone when that is over: the connections that it keeps
 * would look like forgotten ones.
 */
async function withProxy(
  program: string,
  args: (config: string, folder: string) => readonly string[],
  write: (port: number, folder: string) => string,
  use: (port: number) => Promise<void>,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "portcullis-proxy-"));
  const port = await freePort();
  const config = join(folder, "proxy.conf");
  writeFileSync(config, write(port, folder));
  const child = spawn(program, args(config, folder), { stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  for (const output of [child.stdout, child.stderr]) output.on("data", (bytes) => (said += String(bytes)));
  const exit = Promise.withResolvers<void>();
  child.once("exit", () => exit.resolve());
  try {
    await listening(port, () => assert.equal(child.exitCode, null, said));
    await use(port);
  } finally {
    child.kill("SIGTERM");
    await exit.promise;
    rmSync(folder, { recursive: true });
  }
}

async function freePort(): Promise<number> {
  const server = net.createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as net.AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Connects until somebody accepts. */
async function listening(port: number, check: () => void): Promise<void> {
  const bound = AbortSignal.timeout(10_000);
  for (;;) {
    const socket = net.connect({ port, host: "127.0.0.1" });
    const connected = await new Promise<boolean>((resolve) => {
      socket.once("connect", () => resolve(true));
      socket.once("error", () => resolve(false));
    });
    socket.destroy();
    if (connected) return;
    check();
    bound.throwIfAborted();
  }
}

const haproxy = findProgram("haproxy");

describe("HAProxy", { skip: haproxy === undefined && "haproxy is not installed" }, () => {
  const cases: readonly [what: string, mark: string, change: readonly [string, string], listen: object][] = [
    ["in header fields", "option forwardfor", ["", ""], {}],
    ["by the PROXY protocol, version 2", "send-proxy-v2", ["", ""], { proxyProtocol: true }],
    ["by the PROXY protocol, version 1", "send-proxy-v2", ["-v2", ""], { proxyProtocol: true }],
  ];
  for (const [what, mark, [from, to], listen] of cases) {
    it(`tells of its client ${what}`, async (t) => {
      const behind = await stageBehind(t, listen);
      const backend = example(mark, behind.port).replace(from, to);
      const mode = backend.includes("mode tcp") ? "tcp" : "http";
      const write = (port: number): string =>
        `defaults\n  mode ${mode}\n  timeout connect 5s\n  timeout client 10s\n  timeout server 10s\n` +
        `frontend clients\n  bind 127.0.0.1:${port}\n  default_backend gateway\n${backend}`;
      const expected = [CLIENT, CLIENT, "http", "shop.example:8443", null, null];
      await withProxy(
        haproxy!,
        (config) => ["-db", "-f", config],
        write,
        async (port) => {
          assert.deepEqual(await told(port, ["Connection: close"]), expected);
          assert.deepEqual(await told(port, HOSTILE), expected);
        },
      );
      assert.deepEqual(behind.host.log.lines, []);
    });
  }
});

const nginx = findProgram("nginx");

describe("nginx", { skip: nginx === undefined && "nginx is not installed" }, () => {
  it("tells of its client in header fields", async (t) => {
    const behind = await stageBehind(t, {});
    const write = (port: number, folder: string): string => {
      const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(
        (name) => `${name}_temp_path ${folder}/${name};`,
      );
      return (
        `daemon off; master_process off; pid ${folder}/pid; error_log stderr;\nevents {}\n` +
        `http {\n access_log off; ${temporary.join(" ")}\n` +
        `server {\n listen 127.0.0.1:${port};\n${example("proxy_pass", behind.port)}\n}\n}\n`
      );
    };
    const expected = [CLIENT, CLIENT, "http", "shop.example:8443", null, null];
    await withProxy(
      nginx!,
      (config, folder) => ["-p", folder, "-c", config],
      write,
      async (port) => {
        assert.deepEqual(await told(port, ["Connection: close"]), expected);
        assert.deepEqual(await told(port, HOSTILE), expected);
      },
    );
  });
});
