import cors from "@fastify/cors";
import httpProxy from "@fastify/http-proxy";
import jwt from "@fastify/jwt";
import rateLimit from "@fastify/rate-limit";
import Fastify from "fastify";
import { shopLimit, shopSecret } from "../shop.ts";
import { runGateway } from "./process.ts";

await runGateway(async ({ port, serviceUrl }) => {
  const app = Fastify({ logger: false, keepAliveTimeout: 3_600_000 });
  await app.register(cors, { origin: "*", exposedHeaders: ["X-RateLimit-Limit", "X-RateLimit-Remaining"] });
  await app.register(rateLimit, { max: shopLimit, timeWindow: "1 minute" });
  await app.register(jwt, {
    secret: shopSecret,
    verify: { algorithms: ["HS256"], cache: true },
  });
  for (const service of ["users", "orders", "products"]) {
    await app.register(httpProxy, {
      upstream: serviceUrl,
      prefix: `/api/v1/${service}`,
      rewritePrefix: `/api/v1/${service}`,
      preHandler: (request, _reply, done) => {
        request.jwtVerify((error) => done(error ?? undefined));
      },
      replyOptions: {
        rewriteRequestHeaders: (request, headers) => {
          const claims = readClaims(request);
          const { authorization: _kept, ...others } = headers;
          return { ...others, "x-user-id": claims.sub, "x-user-role": claims.role };
        },
      },
    });
  }
  await app.listen({ host: "127.0.0.1", port });
});

interface ShopClaims {
  readonly sub: string;
  readonly role: string;
}

function readClaims(request: object): ShopClaims {
  // The token was verified before: this shape is what makeToken signs.
  return (request as { readonly user: ShopClaims }).user;
}
