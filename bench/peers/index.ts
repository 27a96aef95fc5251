import { haproxyPlain, haproxyShop, haproxyShopLog } from "./haproxy.ts";
import { nginxPlain } from "./nginx.ts";
import { fastGatewayPlain, fastifyShop } from "./node-gateways.ts";

/** Every peer, in the order in which a round visits them. */
export const peers = [
  nginxPlain,
  haproxyPlain,
  haproxyShop,
  fastGatewayPlain,
  fastifyShop,
  haproxyShopLog,
] as const;

export type PeerName = (typeof peers)[number]["name"];

export const peerNames: readonly PeerName[] = peers.map((peer) => peer.name);
