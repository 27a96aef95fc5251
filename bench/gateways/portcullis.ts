import { join } from "node:path";
import { createGateway, defineConfig } from "portcullis";
import { shopLimit, shopSecret } from "../shop.ts";
import { runGateway } from "./process.ts";
import type { GatewayTask } from "./process.ts";

const policies = process.env["GATEWAY_POLICIES"];
const accessLog = process.env["GATEWAY_ACCESS_LOG"] === "on";

function common(port: number) {
  return {
    listen: { host: "127.0.0.1", port },
    timeouts: { idle: "1h" },
    // The load comes from one address.
    limits: { maxConnectionsPerAddress: 10_000 },
    log: {
      access: accessLog,
      format: "json",
      // The process runs in the folder of its run, which is removed with all that is in it.
      destination: accessLog ? join(process.cwd(), "access.log") : "stdout",
    },
  } as const;
}

function plainConfig({ port, serviceUrl }: GatewayTask) {
  return defineConfig({
    ...common(port),
    services: { service: { targets: [serviceUrl], circuitBreaker: false } },
    routes: [{ path: "/*", service: "service" }],
  });
}

/** The shop's policies and routes; only the limit is out of reach. */
function shopConfig({ port, serviceUrl }: GatewayTask) {
  const service = { targets: [serviceUrl], circuitBreaker: { consecutiveFailures: 5, openFor: "30s" } };
  return defineConfig({
    ...common(port),
    services: { users: service, orders: service, products: service },
    policies: { cors: {}, compress: {} },
    routes: [
      {
        prefix: "/api/v1",
        policies: {
          rateLimit: { limit: shopLimit, window: "1m", algorithm: "token-bucket", key: "ip" },
          jwt: {
            secret: shopSecret,
            algorithms: ["HS256"],
            claimsToHeaders: { sub: "x-user-id", role: "x-user-role" },
          },
        },
        routes: [
          { path: "/users", service: "users" },
          { path: "/users/{id}", service: "users" },
          { path: "/orders", service: "orders" },
          { path: "/orders/{id}", service: "orders" },
          { path: "/products", service: "products" },
          { path: "/products/{id}", service: "products" },
        ],
      },
    ],
  });
}

await runGateway((task) => createGateway(policies === "shop" ? shopConfig(task) : plainConfig(task)).start());
