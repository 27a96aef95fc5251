import { defineConfig, env } from "portcullis";

interface Address {
  readonly port: number;
}

const port: Address["port"] = 9001;
const users = { targets: [`http://127.0.0.1:${port}/v1`] };

// Wrong in ten ways, of which the compiler would find some: hence the assertion.
export default defineConfig({
  services: { users, orders: { targets: ["http://127.0.0.1:9002"] } },
  policies: {
    jwt: { secret: env("THIS_VARIABLE_IS_NOT_SET"), algorithms: ["HS256"] },
    compress: { level: "best" },
  },
  routes: [
    { path: "/users", service: "user" },
    { path: "/users", service: "users", handler: "health" },
    {
      prefix: "/api",
      policies: { jwt: { secret: "much-too-short", algorithms: ["HS256"] } },
      routes: [{ path: "orders", service: "orders", stripPrefix: true, rewrite: "/o" }],
    },
  ],
  timeouts: { idle: 75_000 },
} as never);
