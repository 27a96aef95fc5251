import { startNodeGateway } from "./node-process.ts";
import type { Peer } from "./peer.ts";

export const portcullisPlain = {
  name: "portcullis-plain",
  title: "Portcullis, plain proxy",
  software: "portcullis",
  policies: "none",
  accessLog: false,
  start: (place) => startNodeGateway(place, "portcullis.ts", { GATEWAY_POLICIES: "none" }),
} as const satisfies Peer;

export const portcullisShop = {
  name: "portcullis-shop",
  title: "Portcullis, all shop policies",
  software: "portcullis",
  policies: "shop",
  accessLog: false,
  start: (place) => startNodeGateway(place, "portcullis.ts", { GATEWAY_POLICIES: "shop" }),
} as const satisfies Peer;

export const portcullisShopLog = {
  name: "portcullis-shop-log",
  title: "Portcullis, all shop policies, access log",
  software: "portcullis",
  policies: "shop",
  accessLog: true,
  start: (place) =>
    startNodeGateway(place, "portcullis.ts", { GATEWAY_POLICIES: "shop", GATEWAY_ACCESS_LOG: "on" }),
} as const satisfies Peer;

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
