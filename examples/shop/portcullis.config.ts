import { defineConfig, env } from "portcullis";
import { readEnvironment } from "./environment.ts";

const { host, port, rateLimit, bodyLimit, urls } = readEnvironment(process.env);

export default defineConfig({
  listen: { host, port },
  limits: { body: bodyLimit },
  services: {
    users: { title: "User service", targets: [urls.users] },
    orders: { title: "Order service", targets: [urls.orders] },
    products: { title: "Product service", targets: [urls.products] },
  },
  // For every route.
  policies: { cors: {}, compress: {} },
  routes: [
    {
      method: "POST",
      path: "/api/token",
      // Nobody's password is checked: this handler refuses to start on an address that others can reach.
      handler: { token: { secret: env("JWT_SECRET"), expiresIn: "1h", credentials: "none" } },
      policies: { rateLimit: { limit: Math.max(100, rateLimit), window: "1m" } },
    },
    {
      prefix: "/api/v1",
      stripPrefix: true,
      policies: {
        // One bucket an address for the whole group.
        rateLimit: { limit: rateLimit, window: "1m" },
        jwt: {
          secret: env("JWT_SECRET"),
          algorithms: ["HS256"],
          claimsToHeaders: { sub: "x-user-id", role: "x-user-role" },
        },
      },
      routes: [
        { method: "GET", path: "/users", service: "users" },
        { method: "GET", path: "/users/{id}", service: "users" },
        { method: ["GET", "POST"], path: "/orders", service: "orders" },
        { method: "GET", path: "/orders/{id}", service: "orders" },
        { method: "GET", path: "/products", service: "products" },
        { method: "GET", path: "/products/{id}", service: "products" },
      ],
    },
    { method: "GET", path: "/health", handler: "health" },
    { method: "GET", path: "/health/live", handler: { health: { probe: "live" } } },
    { method: "GET", path: "/health/ready", handler: { health: { probe: "ready" } } },
    { method: "GET", path: "/", handler: "index" },
  ],
});
