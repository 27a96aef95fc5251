import type { ClientCode } from "../../core/client-codes.ts";
import type { Wire, WirePeer } from "../../host/host.ts";
import { nobody } from "../../host/nobody.ts";
import type { Provenance } from "../../http/forwarded/provenance.ts";
import { canonicalAddress } from "../../lib/ip-address.ts";
import type { Accepted, ClientProtocol, DoorTools } from "../protocol.ts";
import { INCOMPLETE, MALFORMED, ProxyHeaderParser } from "./header-parser.ts";

/**
 * The PROXY protocol: each connection begins with the header of a trusted proxy, and of anybody else nothing is read. Behind
 * the header the client whom it names speaks `next`.
 */
export function proxyProtocol(tools: DoorTools, next: ClientProtocol): ClientProtocol {
  return {
    accept(wire, origin) {
      if (tools.current.proxies.trusts(origin)) return new ProxyGate(tools, wire, origin, next);
      // Who has gone already has no address: health checks connect and reset.
      if (origin.address === "") wire.destroy();
      else refuse(tools, wire, origin, "client.untrusted_proxy");
      return undefined;
    },
  };
}

function refuse(tools: DoorTools, wire: Wire, origin: Provenance, code: ClientCode): void {
  tools.turnedAway.say(code, origin.address, "they have no PROXY header of a trusted proxy");
  wire.destroy();
}

/** A connection whose header has not been read; afterwards what happens to it is told to the client's connection. */
class ProxyGate implements Accepted {
  readonly deadline: number;
  readonly #tools: DoorTools;
  readonly #wire: Wire;
  readonly #origin: Provenance;
  readonly #next: ClientProtocol;
  readonly #parser = new ProxyHeaderParser();
  /** Who is told of the connection; undefined while the header is being read. */
  #behind: WirePeer | undefined = undefined;

  constructor(tools: DoorTools, wire: Wire, origin: Provenance, next: ClientProtocol) {
    this.#tools = tools;
    this.#wire = wire;
    this.#origin = origin;
    this.#next = next;
    this.deadline = tools.clock.now() + tools.current.timeouts.head;
  }

  received(bytes: Buffer, length: number): void {
    if (this.#behind !== undefined) return this.#behind.received(bytes, length);
    const position = this.#parser.parse(bytes, 0, length);
    if (position === INCOMPLETE) return;
    if (position === MALFORMED) return this.#refuse("client.bad_proxy_header");
    const { address } = this.#parser;
    const origin = address === "" ? this.#origin : { ...this.#origin, address: canonicalAddress(address) };
    // Its place is free before the connection takes it.
    this.#tools.leave(this);
    const behind = this.#tools.admit(this.#wire, origin, this.#next);
    this.#behind = behind;
    if (position < length) behind.received(bytes.subarray(position), length - position);
  }

  connected(): void {}

  ended(): void {
    if (this.#behind !== undefined) this.#behind.ended();
    // Proxies see whether somebody listens by opening a connection, and saying nothing.
    else if (this.#parser.length === 0) this.destroy();
    else this.#refuse("client.bad_proxy_header");
  }

  blocked(): void {
    this.#behind?.blocked();
  }

  drained(): void {
    this.#behind?.drained();
  }

  closed(error: NodeJS.ErrnoException | undefined): void {
    if (this.#behind !== undefined) this.#behind.closed(error);
    else this.#leave();
  }

  expired(): void {
    this.#refuse("client.proxy_header_timeout");
  }

  /** For a shutdown: a connection without its header has nothing to finish. */
  drain(): void {
    this.destroy();
  }

  destroy(): void {
    this.#leave();
    this.#wire.destroy();
  }

  #refuse(code: ClientCode): void {
    this.#leave();
    refuse(this.#tools, this.#wire, this.#origin, code);
  }

  #leave(): void {
    this.#behind = nobody;
    this.#tools.leave(this);
  }
}
