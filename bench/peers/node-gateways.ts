import { startNodeGateway } from "./node-process.ts";
import type { Peer } from "./peer.ts";

export const fastGatewayPlain = {
  name: "fast-gateway-plain",
  title: "fast-gateway, plain proxy",
  software: "fast-gateway",
  policies: "none",
  accessLog: false,
  start: (place) => startNodeGateway(place, "fast-gateway.ts"),
} as const satisfies Peer;

export const fastifyShop = {
  name: "fastify-shop",
  title: "Fastify with its plugins",
  software: "fastify",
  policies: "shop",
  accessLog: false,
  start: (place) => startNodeGateway(place, "fastify.ts"),
} as const satisfies Peer;
