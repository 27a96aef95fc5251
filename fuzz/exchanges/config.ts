import { parseConfig } from "../../src/config/parse.ts";
import type { Config } from "../../src/config/schema.ts";
import { SECRET } from "../../src/policies/jwt/testing.ts";
import type { Plan } from "./plan.ts";

/** Parsing a config costs more than playing a small case. */
const configs = new Map<string, Config>();

export function configOf(plan: Plan): Config {
  const { seed: _seed, clients: _clients, closeAt: _closeAt, connecting: _connecting, ...shape } = plan;
  const key = JSON.stringify(shape);
  let config = configs.get(key);
  if (config === undefined) {
    config = parseConfig(inputOf(plan));
    configs.set(key, config);
  }
  return config;
}

function inputOf(plan: Plan): unknown {
  const { calm, maxConnections, maxHeads, breaker, bodyLimit, rateLimit, compress, jwt } = plan;
  const service = {
    circuitBreaker:
      breaker === 0 ? false : { consecutiveFailures: breaker, openFor: "300ms", probeTimeout: "2s" },
    timeouts: calm ? {} : { connect: "300ms", response: "1s", idle: "1s" },
    pool: {
      maxConnections,
      maxQueued: calm ? 100 : 3,
      queueTimeout: calm ? "1h" : "500ms",
      idleTimeout: "3s",
    },
  };
  return {
    listen: { host: "127.0.0.1", port: 80 },
    services: {
      one: { ...service, targets: ["http://127.0.0.1:9001"] },
      two: { ...service, targets: ["http://127.0.0.1:9002", "http://127.0.0.1:9003"] },
    },
    policies: {
      ...(jwt
        ? { jwt: { secret: SECRET, algorithms: ["HS256"], claimsToHeaders: { sub: "x-user-id" } } }
        : {}),
      ...(compress ? { compress: {} } : {}),
      ...(rateLimit > 0 ? { rateLimit: { limit: rateLimit, window: "1s", maxKeys: 100 } } : {}),
    },
    routes: [
      { path: "/one/*", service: "one" },
      { path: "/two/*", service: "two" },
      { path: "/own/*", handler: { respond: { body: "own" } } },
    ],
    limits: { body: `${bodyLimit}b`, maxHeads },
    timeouts: calm ? { idle: "5s" } : { head: "500ms", body: "1s", idle: "2s", write: "1s" },
  };
}
