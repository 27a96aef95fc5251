import type { ClientCode } from "../../core/client-codes.ts";
import type { Expiring } from "../../host/deadlines.ts";
import type { Wire, WirePeer } from "../../host/host.ts";
import { nobody } from "../../host/nobody.ts";
import { directProvenance } from "../../http/forwarded/provenance.ts";
import type { Listener } from "../h1/listener.ts";
import { INCOMPLETE, MALFORMED, ProxyHeaderParser } from "./header-parser.ts";

/** Takes a connection to a listener where each begins with the header of a trusted proxy; of anybody else nothing is read. */
export function acceptProxied(listener: Listener, wire: Wire): WirePeer {
  if (!listener.mayAccept(wire.remoteAddress)) {
    wire.destroy();
    return nobody;
  }
  const peer = directProvenance(wire.remoteAddress);
  if (!listener.current.proxies.trusts(peer)) {
    // Who has gone already has no address: health checks connect and reset.
    if (peer.address === "") wire.destroy();
    else refuse(listener, wire, "client.untrusted_proxy");
    return nobody;
  }
  const gate = new ProxyGate(listener, wire);
  listener.add(gate);
  return gate;
}

function refuse(listener: Listener, wire: Wire, code: ClientCode): void {
  const { address } = directProvenance(wire.remoteAddress);
  listener.turnedAway.say(code, address, "they have no PROXY header of a trusted proxy");
  wire.destroy();
}

/** A connection whose header has not been read; afterwards what happens to it is told to the client's connection. */
class ProxyGate implements WirePeer, Expiring {
  readonly deadline: number;
  readonly #listener: Listener;
  readonly #wire: Wire;
  readonly #parser = new ProxyHeaderParser();
  /** Who is told of the connection; undefined while the header is being read. */
  #behind: WirePeer | undefined = undefined;

  constructor(listener: Listener, wire: Wire) {
    this.#listener = listener;
    this.#wire = wire;
    this.deadline = listener.clock.now() + listener.current.timeouts.head;
  }

  received(bytes: Buffer, length: number): void {
    if (this.#behind !== undefined) return this.#behind.received(bytes, length);
    const position = this.#parser.parse(bytes, 0, length);
    if (position === INCOMPLETE) return;
    if (position === MALFORMED) return this.#refuse("client.bad_proxy_header");
    const { address } = this.#parser;
    // Its place is free before the connection takes it.
    this.#listener.remove(this);
    const behind = this.#listener.acceptClient(
      this.#wire,
      address === "" ? this.#wire.remoteAddress : address,
    );
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

  /** For a shutdown: who has not even said who he is has nothing to finish. */
  drain(): void {
    this.destroy();
  }

  destroy(): void {
    this.#leave();
    this.#wire.destroy();
  }

  #refuse(code: ClientCode): void {
    this.#leave();
    refuse(this.#listener, this.#wire, code);
  }

  #leave(): void {
    this.#behind = nobody;
    this.#listener.remove(this);
  }
}
