import assert from "node:assert/strict";
import { test } from "node:test";
import { readEnvironment, variableAt } from "./environment.ts";

test("unset or empty, every variable has a default", () => {
  const defaults = {
    host: "127.0.0.1",
    port: 8000,
    rateLimit: 100,
    bodyLimit: "10mb",
    urls: {
      users: "http://127.0.0.1:9001",
      orders: "http://127.0.0.1:9002",
      products: "http://127.0.0.1:9003",
    },
  };
  assert.deepEqual(readEnvironment({}), defaults);
  assert.deepEqual(
    readEnvironment({ HOST: "", PORT: "", RATE_LIMIT: "", BODY_LIMIT: "", USERS_URL: "" }),
    defaults,
  );
});

test("numbers are whole and within their bounds", () => {
  assert.equal(readEnvironment({ PORT: "0" }).port, 0);
  assert.equal(readEnvironment({ PORT: "65535" }).port, 65_535);
  assert.equal(readEnvironment({ RATE_LIMIT: "1" }).rateLimit, 1);
  for (const text of ["65536", "-1", "1.5", "1e3", "0x50", " 80", "http", "99999999999"]) {
    const message = `PORT is ${JSON.stringify(text)}; give a whole number from 0 to 65535`;
    assert.throws(() => readEnvironment({ PORT: text }), { message });
  }
  for (const text of ["0", "-5", "many", "1000000001"]) {
    assert.throws(
      () => readEnvironment({ RATE_LIMIT: text }),
      /^Error: RATE_LIMIT is .*; give a whole number from 1 to 1000000000$/,
    );
  }
});

test("mistakes in the config are traced to their variables", () => {
  const cases = [
    ["USERS_URL", ["services", "users", "targets", 0]],
    ["BODY_LIMIT", ["limits", "body"]],
    ["JWT_SECRET", ["routes", 1, "policies", "jwt", "secret"]],
    ["JWT_SECRET", ["routes", 0, "handler", "token", "secret"]],
    ["HOST", ["routes", 0, "handler", "token", "credentials"]],
    ["HOST", ["listen", "host"]],
    [undefined, ["routes", 0, "path"]],
    [undefined, []],
  ] as const;
  for (const [variable, path] of cases) assert.equal(variableAt(path), variable);
});
