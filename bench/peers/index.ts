import { haproxyPlain, haproxyShop, haproxyShopLog } from "./haproxy.ts";
import { nginxPlain } from "./nginx.ts";
import {
  fastGatewayPlain,
  fastifyShop,
  portcullisPlain,
  portcullisShop,
  portcullisShopLog,
} from "./node-gateways.ts";

/** Every peer, in the order in which a round visits them: those that are compared stand side by side. */
export const peers = [
  portcullisPlain,
  nginxPlain,
  haproxyPlain,
  fastGatewayPlain,
  portcullisShop,
  haproxyShop,
  fastifyShop,
  portcullisShopLog,
  haproxyShopLog,
] as const;

export type PeerName = (typeof peers)[number]["name"];

export const peerNames: readonly PeerName[] = peers.map((peer) => peer.name);
