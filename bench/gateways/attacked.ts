import { createGateway, defineConfig } from "portcullis";
import { exportPath, shopSecret } from "../shop.ts";
import { runGateway } from "./process.ts";

/**
 * The shop's policies with limits that hold: honest clients and attackers come from addresses of their own, and what the
 * attacked service takes is its own. All else is as it is by default.
 */
await runGateway(({ port, serviceUrl }) =>
  createGateway(
    defineConfig({
      listen: { host: "127.0.0.1", port },
      log: { access: false },
      services: {
        users: { targets: [serviceUrl] },
        orders: { targets: [`http://127.0.0.1:${process.env["STREAMING_PORT"]}`] },
      },
      policies: { cors: {}, compress: {} },
      routes: [
        // slowhttptest has no token.
        { path: "/open/export", service: "orders", rewrite: exportPath },
        { path: "/open/orders", service: "orders" },
        {
          prefix: "/api/v1",
          policies: {
            rateLimit: { limit: 3000, window: "1s" },
            jwt: { secret: shopSecret, algorithms: ["HS256"], claimsToHeaders: { sub: "x-user-id" } },
          },
          routes: [
            { path: "/users/{id}", service: "users" },
            { path: "/orders", service: "orders" },
            { path: "/products/{id}", service: "orders" },
          ],
        },
      ],
    }),
  ).start(),
);
