/** Secrets with recognisable values go through a whole session; then everything that came out is searched for them. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it, type TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { runCommandLine } from "../../src/cli/command-line.ts";
import { canary, findLeaks, privateKeyPem, secrets } from "./canaries.ts";
import { RawPeer } from "./raw-peer.ts";

const main = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));
let directory = "";
before(async () => void (directory = await mkdtemp(join(tmpdir(), "portcullis-canary-"))));
after(() => rm(directory, { recursive: true }));

/** The command line in a process of its own, with everything that it writes. */
function start(...args: readonly string[]) {
  const child = spawn(process.execPath, ["--conditions=portcullis-source", main, ...args], {
    cwd: directory,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const output = { text: "" };
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (bytes: Buffer) => (output.text += bytes.toString()));
  const ended = once(child, "close").then(() => output.text);
  return { child, output, ended };
}

/** Answers 500 with all that it was given, as debug pages do; `/close` breaks the connection. */
async function startEcho() {
  const server = createServer((request, response) => {
    if (request.url?.startsWith("/close") === true) return void request.socket.destroy();
    response.writeHead(500, { "set-cookie": `sid=${secrets.setCookie}`, "x-debug": request.url });
    return void response.end(JSON.stringify([request.url, request.rawHeaders]));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

function configOf(service: string, level: string, format: string): string {
  const jwt = { secret: secrets.hmacSecret, algorithms: ["HS256"], forwardToken: true };
  const clients = [{ id: "billing", secretHash: secrets.secretHash }];
  return `
const jwt = ${JSON.stringify(jwt)};
const fails = (make) => ({ fetch: async (request) => { throw await make(request); } });
const headers = (request) => Object.fromEntries(request.headers);
export default {
  listen: { port: 0 },
  log: { level: "${level}", format: "${format}", destination: "stderr" },
  services: { echo: { targets: ["${service}"], circuitBreaker: false } },
  policies: { cors: {}, compress: {}, rateLimit: { limit: 1000, window: "1m" } },
  routes: [
    { path: "/echo/*", service: "echo" },
    { path: "/close", service: "echo" },
    { path: "/api", service: "echo", policies: { jwt } },
    { path: "/token", handler: { token: { secret: jwt.secret, credentials: { clients: ${JSON.stringify(clients)} } } } },
    { path: "/with-headers", handler: fails((r) => Object.assign(new Error("failed"), { config: { headers: headers(r) } })) },
    { path: "/with-cause", handler: fails((r) => new Error("failed", { cause: Object.assign(new Error("below"), headers(r)) })) },
    { path: "/with-url", handler: fails((r) => new TypeError("cannot be fetched: " + r.url)) },
    { path: "/with-token", handler: fails((r) => new Error("bad token: " + r.headers.get("authorization"))) },
    { path: "/with-cookie", handler: fails((r) => new Error("no session for cookie: " + r.headers.get("cookie"))) },
    { path: "/with-dump", handler: fails((r) => new Error("refused " + JSON.stringify(headers(r)))) },
    { path: "/no-error", handler: fails((r) => headers(r)) },
    { path: "/text", handler: fails((r) => "Authorization: " + r.headers.get("authorization")) },
    { path: "/json", handler: { fetch: async (r) => Response.json(await r.json()) } },
    { path: "/forgotten", handler: { fetch: (r) => (void Promise.reject(headers(r)), new Response("ok")) } },
    { path: "/aggregate", handler: fails((r) => new AggregateError([new Error(r.url)], "several")) },
    { path: "/", handler: "index" },
    { path: "/health", handler: "health" },
  ],
};`;
}

const FAILING = [
  "with-headers",
  "with-cause",
  "with-url",
  "with-token",
  "with-cookie",
  "with-dump",
  "no-error",
  "text",
  "json",
  "forgotten",
  "aggregate",
];
const PATHS = ["/", "/health", "/api", "/token", "/nowhere", "/close", "/echo/other"].concat(
  FAILING.map((path) => `/${path}`),
);

const basic = `Basic ${Buffer.from(`billing:${secrets.password}`).toString("base64")}`;
const CREDENTIALS = [
  `Bearer ${secrets.valid}`,
  `Bearer ${secrets.forged}`,
  `Bearer ${secrets.expired}`,
  basic,
  `Basic ${Buffer.from(`billing:${secrets.clientSecret}`).toString("base64")}`,
  secrets.custom,
];

/** What the client with the secrets does; resolves with the answers that the gateway made itself. */
async function useSecrets(url: string): Promise<string> {
  let answers = "";
  for (const authorization of CREDENTIALS) {
    const headers = {
      authorization,
      cookie: `sid=${secrets.cookie}; theme=dark`,
      "x-api-key": secrets.custom,
    };
    for (const path of [...PATHS, `/echo/${encodeURIComponent("a b")}`]) {
      const body = path === "/json" ? `{"password":${secrets.bodySecret}` : null;
      const response = await fetch(
        `${url}${path}?access_token=${encodeURIComponent(secrets.queryToken)}&x=1`,
        {
          method: body === null ? "GET" : "POST",
          headers,
          body,
        },
      );
      const text = await show(response);
      // What a service answers to the one who asked is not the gateway's to change.
      if (!path.startsWith("/echo") && !(path === "/api" && authorization.includes(secrets.valid)))
        answers += text;
    }
    const form = `grant_type=client_credentials&client_id=billing&client_secret=${encodeURIComponent(secrets.password)}`;
    for (const body of [form, "grant_type=client_credentials"]) {
      const response = await fetch(`${url}/token`, {
        method: "POST",
        headers: { ...headers, "content-type": "application/x-www-form-urlencoded" },
        body,
      });
      if (response.status === 200) await response.text();
      else answers += await show(response);
    }
  }
  return answers + (await sendBroken(url));
}

/** Heads that are refused while they hold secrets. */
async function sendBroken(url: string): Promise<string> {
  const query = `access_token=${secrets.queryToken}`;
  const authorization = `Authorization: Bearer ${secrets.valid}\r\n`;
  const heads = [
    `GET /?${query} HTTP/1.1\r\nhost: a\r\nAuthorization : Basic ${secrets.password}\r\n\r\n`,
    `GET /?${query} HTTP/1.1\r\nhost: a\r\n${authorization}${authorization}\r\n`,
    `GET /?${query} HTTP/3.0\r\nhost: a\r\n${authorization}\r\n`,
    `GET http://user:${secrets.password}@a/?${query} HTTP/1.1\r\nhost: a\r\n${authorization}\r\n`,
    `GET /api?${query} HTTP/1.1\r\nhost: a\r\n${authorization}Content-Length: x\r\n\r\n`,
    `Bearer ${secrets.valid}\r\n\r\n`,
    `TRACE /?${query} HTTP/1.1\r\nhost: a\r\n${authorization}\r\n`,
    `GET /%2f?${query} HTTP/1.1\r\nhost: a\r\n${authorization}\r\n`,
  ];
  let answers = "";
  for (const head of heads) {
    const peer = await RawPeer.connect(Number(new URL(url).port));
    const message = await peer.write(head).takeMessage();
    answers += message.head + message.body;
    peer.destroy();
  }
  return answers;
}

async function show(response: Response): Promise<string> {
  return `${JSON.stringify([...response.headers])}\n${await response.text()}\n`;
}

/** Everybody else, after that, on every path. */
async function useNothing(url: string): Promise<string> {
  let answers = "";
  for (const path of PATHS) answers += await show(await fetch(`${url}${path}`));
  return answers;
}

async function runSession(level: string, format: string) {
  const echo = await startEcho();
  const name = `session-${level}-${format}.config.mjs`;
  await writeFile(join(directory, name), configOf(echo.url, level, format));
  const gateway = start("run", name);
  try {
    let url: string | undefined;
    while (url === undefined) {
      url = /ready on (http:\S+)/.exec(gateway.output.text)?.[1];
      if (url !== undefined) break;
      assert.equal(gateway.child.exitCode, null, gateway.output.text);
      await Promise.race([once(gateway.child.stdout, "data"), gateway.ended]);
    }
    const own = await useSecrets(url);
    const others = await useNothing(url);
    gateway.child.kill("SIGTERM");
    return { own, others, written: await gateway.ended };
  } finally {
    gateway.child.kill("SIGKILL");
    echo.server.closeAllConnections();
    echo.server.close();
  }
}

describe("no secret of a session comes out", { timeout: 120_000 }, () => {
  for (const [level, format] of [
    ["info", "json"],
    ["info", "pretty"],
    ["warn", "json"],
    ["error", "json"],
    ["silent", "json"],
  ] as const) {
    it(`at level ${level}, as ${format}`, async () => {
      const { own, others, written } = await runSession(level, format);
      assert.deepEqual(findLeaks(written, secrets), [], "in what the gateway writes");
      // The echoing service gives its own new cookie to whoever asks: that one is everybody's.
      const { setCookie: _, ...ofTheClient } = secrets;
      assert.deepEqual(findLeaks(others, ofTheClient), [], "in answers to others");
      assert.deepEqual(findLeaks(own, secrets), [], "in answers of the gateway");
      // The session did what it says: errors were logged, or the search finds nothing because nothing is there.
      if (level !== "silent") assert.ok(written.split("internal error").length > 50, written.slice(-2000));
      if (level === "info" && format === "json") assert.match(written, /"code":"jwt\.expired"/);
    });
  }
});

const { literal, secretHash } = secrets;
const ofRefused = { short: canary("s").slice(0, 20), tag: secretHash.slice(secretHash.lastIndexOf("$") + 1) };
const wrongConfigs: Readonly<Record<string, string>> = {
  "type.ts": `export default { routes: [], drain: 5, policies: { jwt: { secret: "${literal}", algorithms: "HS256" } } };`,
  "constant.ts": `const secret = "${literal}"; export default { routes: [], drain: 5, policies: { jwt: { secret, algorithms: [1] } } };`,
  "syntax.ts": `export default { policies: { jwt: { secret: "${literal}", algorithms: [ } } };`,
  "unclosed.ts": `export default { policies: { jwt: { secret: "${literal} } } };`,
  "thrown.ts": `throw new Error("the secret: ${literal}");`,
  "url.ts": `export default { services: { a: { targets: ["http://user:${literal}@127.0.0.1:1"] } }, routes: [] };`,
  "https.ts": `export default { services: { a: { targets: ["https://user:${literal}@127.0.0.1:1/?token=${literal}"] } }, routes: [] };`,
  "parsed.ts": `const secret = '${literal}'; export default JSON.parse(secret);`,
  "fetched.ts": `await fetch("http://127.0.0.1:1/?token=${encodeURIComponent(literal)}"); export default {};`,
  "short.ts": `export default { routes: [], policies: { jwt: { secret: "${ofRefused.short}", algorithms: ["HS256"] } } };`,
  "pem.ts": `export default { routes: [], policies: { jwt: { publicKey: ${JSON.stringify(privateKeyPem)}, algorithms: ["ES256"] } } };`,
  "pem.yaml": `routes: []\npolicies:\n  jwt:\n    algorithms: [ES256]\n    publicKey: |\n${privateKeyPem.trim().replace(/^/gm, "      ")}\n`,
  "pem-many.yaml": `routes: []\npolicies:\n  jwt:\n    algorithms: [HS256]\n    secret: |\n      a\n      ${literal}\n      b: [\n   x\n`,
  "type.yaml": `routes: []\ndrain: 5\npolicies: { jwt: { secret: "${literal}", algorithms: HS256 } }\n`,
  "unknown.yaml": `routes: []\npolicies: { jwt: { secrets: "${literal}", algorithms: [HS256] } }\n`,
  "alias.yaml": `routes: []\npolicies: { jwt: { algorithms: [HS256], secret: *${literal} } }\n`,
  "tag.yaml": `routes: []\npolicies: { jwt: { algorithms: [HS256], secret: !${literal} x } }\n`,
  "syntax.yaml": `routes: []\npolicies: { jwt: { secret: "${literal}", algorithms: [HS256 }\n`,
  "quote.yaml": `routes: []\npolicies:\n  jwt:\n    secret: "${literal}\n`,
  "twice.yaml": `routes: []\npolicies: { jwt: { secret: "${literal}", secret: "${literal}", algorithms: [HS256] } }\n`,
  "url.yaml": `routes: []\nservices: { a: { targets: ["ftp://user:${literal}@127.0.0.1:1"] } }\n`,
  "hash.yaml": `routes: [{ path: /t, handler: { token: { secret: "${literal}", credentials: { clients: [{ id: a, secretHash: "${literal}" }] } } } }]\n`,
  "braces.yaml": `routes: []\npolicies: { basic: { users: [{ name: a, passwordHash: ${secretHash} }] } }\n`,
  "peppers.yaml": `routes: []\npolicies: { apiKey: { pepper: "${literal}", oldPeppers: ["${ofRefused.short}"] } }\n`,
  "type.json": `{ "routes": [], "drain": 5, "policies": { "jwt": { "secret": "${literal}", "algorithms": 1 } } }`,
  "syntax.json": `{ "routes": [], "policies": { "jwt": { "secret": "${literal}", } } }`,
  "unclosed.json": `{ "routes": [], "policies": { "jwt": { "secret": "${literal} } } }`,
  "bare.json": `{ "routes": [], "policies": { "jwt": { "secret": ${literal} } } }`,
  "env.ts": `export default { routes: [], policies: { jwt: { secret: { env: "${literal}" }, algorithms: ["HS256"] } } };`,
  "env.json": `{ "routes": [], "policies": { "jwt": { "secret": { "env": "${literal}" }, "algorithms": ["HS256"] } } }`,
};

/** The command line in this process, with what it writes to a terminal or past it. */
async function runHere(t: TestContext, args: readonly string[]): Promise<{ code: number; written: string }> {
  let written = "";
  const write = (text: unknown): void => void (written += String(text));
  for (const stream of [process.stdout, process.stderr]) {
    const real = stream.write.bind(stream) as (...given: readonly unknown[]) => boolean;
    t.mock.method(stream, "write", (...given: readonly unknown[]) => {
      write(given[0]);
      return real(...given);
    });
  }
  const output = { write, color: false, width: 80 };
  const code = await runCommandLine(args, { directory, stdout: output, stderr: output });
  return { code, written };
}

function checkRefusal(code: number | null, written: string): void {
  assert.equal(code, 1, written);
  assert.match(written, /error: /);
  assert.deepEqual(findLeaks(written, { ...secrets, ...ofRefused }), [], written);
}

describe("no secret of a config comes out when it is refused", { timeout: 300_000 }, () => {
  for (const [name, text] of Object.entries(wrongConfigs)) {
    for (const command of ["check", "run"]) {
      it(`portcullis ${command} ${name}`, async (t) => {
        const file = `${command}.${name}`;
        await writeFile(join(directory, file), text);
        const { code, written } = await runHere(t, [command, file]);
        checkRefusal(code, written);
      });
    }
  }

  for (const [command, name] of [
    ["check", "thrown.ts"],
    ["run", "type.yaml"],
    ["run", "syntax.json"],
  ] as const) {
    it(`portcullis ${command} ${name}, as a process`, async () => {
      await writeFile(join(directory, name), wrongConfigs[name]!);
      const { child, ended } = start(command, name);
      const written = await ended;
      checkRefusal(child.exitCode, written);
    });
  }
});
