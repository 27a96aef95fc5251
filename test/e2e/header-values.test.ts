/** Every field of a config that ends in a header: what the wire does not take is refused when the config is loaded. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ConfigError } from "../../src/config/issue.ts";
import { parseConfig } from "../../src/config/parse.ts";
import { SECRET } from "../../src/policies/jwt/testing.ts";
import { simulatedHost } from "../../src/simulation/simulated-host.ts";
import { Gateway } from "../../src/gateway/gateway.ts";

const jwt = { secret: SECRET, algorithms: ["HS256"] };
const answer = (handler: object, path = "/") => ({ routes: [{ path, handler }] });
const policy = (policies: object) => ({ policies, routes: [] });
const service = (fields: object) => ({
  services: { a: { targets: ["http://127.0.0.1:1"], ...fields } },
  routes: [{ path: "/a", service: "a" }],
});

/** A config with `text` in one field, and a text that the field takes. */
const fields: Readonly<Record<string, readonly [right: string, make: (text: string) => object]>> = {
  "name, in Via": ["gateway", (name) => ({ name, routes: [] })],
  "respond.headers, a name": ["x-a", (name) => answer({ respond: { headers: { [name]: "a" } } })],
  "respond.headers, a value": ["a b", (value) => answer({ respond: { headers: { "x-a": value } } })],
  "respond.headers, content-type": [
    "text/html",
    (value) => answer({ respond: { headers: { "content-type": value } } }),
  ],
  "redirect.to, a path": ["/there", (text) => answer({ redirect: { to: text } })],
  "redirect.to, behind a path": ["there", (text) => answer({ redirect: { to: `/a/${text}` } })],
  "redirect.to, a query": ["there", (text) => answer({ redirect: { to: `/?a=${text}` } })],
  "redirect.to, a fragment": ["there", (text) => answer({ redirect: { to: `/#${text}` } })],
  "redirect.to, a host": ["example.com", (text) => answer({ redirect: { to: `https://${text}/` } })],
  "cors.origins": ["https://a.example", (origin) => policy({ cors: { origins: [origin] } })],
  "cors.methods": ["GET", (method) => policy({ cors: { methods: [method] } })],
  "cors.headers": ["x-a", (header) => policy({ cors: { headers: [header] } })],
  "cors.exposedHeaders": ["x-a", (header) => policy({ cors: { exposedHeaders: [header] } })],
  "compress.encodings": ["gzip", (coding) => policy({ compress: { encodings: [coding] } })],
  "jwt.realm": ["shop", (realm) => policy({ jwt: { ...jwt, realm } })],
  "jwt.claimsToHeaders": ["x-a", (name) => policy({ jwt: { ...jwt, claimsToHeaders: { sub: name } } })],
  "services.targets, in Host": [
    "127.0.0.1",
    (host) => ({ services: { a: { targets: [`http://${host}:1`] } }, routes: [] }),
  ],
  "services, a name": [
    "users",
    (name) => ({ services: { [name]: { targets: ["http://127.0.0.1:1"] } }, routes: [] }),
  ],
  "routes.method, in Allow": ["GET", (method) => ({ routes: [{ path: "/", method, handler: "index" }] })],
  "routes.path, in the request line": [
    "/a",
    (path) => ({ ...service({}), routes: [{ path, service: "a" }] }),
  ],
  "routes.rewrite, in the request line": [
    "/b",
    (rewrite) => ({ ...service({}), routes: [{ path: "/a", service: "a", rewrite }] }),
  ],
  "routes.headers, a name": [
    "x-a",
    (name) => ({ routes: [{ path: "/", headers: { [name]: "a" }, handler: "index" }] }),
  ],
  "routes.headers, a value": [
    "a",
    (value) => ({ routes: [{ path: "/", headers: { "x-a": value }, handler: "index" }] }),
  ],
  "token.clients.id": [
    "billing",
    (id) =>
      answer({
        token: { secret: SECRET, credentials: { clients: [{ id, secretHash: SECRET_HASH }] } },
      }),
  ],
  "token.clients.scopes": [
    "read",
    (scope) =>
      answer({
        token: {
          secret: SECRET,
          credentials: { clients: [{ id: "a", secretHash: SECRET_HASH, scopes: [scope] }] },
        },
      }),
  ],
};

// Of no secret: only its form is looked at.
const SECRET_HASH = `$argon2id$v=19$m=19456,t=2,p=1$${"A".repeat(22)}$${"A".repeat(43)}`;

const characters: Readonly<Record<string, string>> = {
  CR: "\r",
  LF: "\n",
  CRLF: "\r\nx-injected: 1",
  NUL: "\0",
  BEL: "\x07",
  ESC: "\x1b",
  DEL: "\x7f",
  "a character beyond one byte": "\u0100",
  "half of a surrogate pair": "\ud800",
  "LF in fullwidth, which is LF in its last byte": "\u010a",
};

function accepts(config: object): boolean {
  try {
    void new Gateway(parseConfig(config), simulatedHost()).close();
    return true;
  } catch (error) {
    if (error instanceof ConfigError) return false;
    throw error;
  }
}

const isPath = (field: string): boolean => field.endsWith("in the request line");

describe("text that ends in a header", () => {
  for (const [field, [right, make]] of Object.entries(fields)) {
    it(field, () => {
      assert.equal(accepts(make(right)), true, "the right text is taken");
      for (const [name, bad] of Object.entries(characters)) {
        // A path is written as text, and goes out percent-encoded.
        if (isPath(field) && bad > "\x7f" && bad.isWellFormed()) continue;
        for (const text of [right + bad, bad + right, `${right.slice(0, 1)}${bad}${right.slice(1)}`])
          assert.equal(accepts(make(text)), false, `${name}: ${JSON.stringify(text)}`);
      }
    });
  }
});
