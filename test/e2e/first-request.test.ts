/** The first request waits for nothing that the start could have loaded: in a process of its own, in which nothing is loaded yet. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";

const PROGRAM = `
import { once } from "node:events";
import Module from "node:module";
import { connect } from "node:net";
import { createGateway } from "portcullis";

const secret = "a secret that is long enough for HS256";
const gateway = createGateway({
  listen: { port: 0 },
  log: { level: "info", destination: "stderr", format: "json" },
  policies: { cors: {}, compress: {} },
  routes: [
    {
      path: "/fetch",
      method: "POST",
      handler: { fetch: async (request) => new Response((await request.text()).repeat(5000)) },
      policies: {
        validate: {
          query: { page: { pattern: "^[0-9]+$" } },
          body: { schema: { type: "object", properties: { a: { type: "string", format: "email" } } } },
        },
      },
    },
    { path: "/token", method: "POST", handler: { token: { secret, credentials: "none" } } },
    {
      path: "/respond",
      method: "POST",
      handler: "respond",
      policies: { rateLimit: { limit: 9, window: "1m" }, jwt: { secret, algorithms: ["HS256"] } },
    },
  ],
});
const { port } = await gateway.start();

async function send(text) {
  const socket = connect(port, "127.0.0.1").setEncoding("latin1");
  let answer = "";
  socket.on("data", (data) => (answer += data));
  socket.write(text);
  await once(socket, "close");
  return answer.split("\\r\\n", 1)[0];
}

// What the client itself loads.
await send("no HTTP\\r\\n\\r\\n");
const loaded = () => [...process.moduleLoadList, ...Object.keys(Module._cache)];
const atStart = new Set(loaded());
const body = '{"user_id":"1"}';
const fields = "Host: a\\r\\nConnection: close\\r\\nContent-Type: application/json\\r\\nAccept-Encoding: gzip\\r\\n";
const statuses = [];
for (const path of ["/fetch?page=1", "/token", "/respond"])
  statuses.push(await send(\`POST \${path} HTTP/1.1\\r\\n\${fields}Content-Length: \${body.length}\\r\\n\\r\\n\${body}\`));
console.log(JSON.stringify({ statuses, late: loaded().filter((name) => !atStart.has(name)) }));
await gateway.close();
`;

test("nothing is loaded for a request, neither by Node.js nor of a package", () => {
  const args = ["--conditions=portcullis-source", "--input-type=module", "--eval", PROGRAM];
  const root = join(import.meta.dirname, "../..");
  const { stdout, stderr } = spawnSync(process.execPath, args, { cwd: root, encoding: "utf8" });
  assert.notEqual(stdout, "", stderr);
  assert.deepEqual(JSON.parse(stdout), {
    statuses: ["HTTP/1.1 200 OK", "HTTP/1.1 200 OK", "HTTP/1.1 401 Unauthorized"],
    late: [],
  });
});
