/**
 * The machine as the rest of the code sees it. Everything that reads time, draws random numbers, opens sockets or
 * writes logs takes a `Host`, so that a test can hand in a simulated one and move time by hand.
 */
export interface Host {
  readonly clock: Clock;
  readonly random: Random;
  readonly network: Network;
  readonly outbound: Outbound;
  readonly log: Log;
}

export interface Clock {
  /** Monotonic time in milliseconds, with fractions; its zero is arbitrary. */
  now(): number;
  /** Wall clock in milliseconds since the epoch, only for what a protocol wants as a date. */
  wall(): number;
  /** Calls `task` every `intervalMs` until the returned function is called. Never keeps the process alive. */
  every(intervalMs: number, task: () => void): () => void;
  /** Calls `task` once, after what sockets have for everybody else by then. */
  nextTurn(task: () => void): void;
}

export interface Random {
  /** `length` lower-case hexadecimal digits from a cryptographic source. */
  hex(length: number): string;
  /** A number in [0, 1), for jitter and choices, never for secrets. */
  fraction(): number;
}

/** Structured log of the gateway's own life; one line an event, fields first, as pino writes it. */
export interface Log {
  info(fields: object, message?: string): void;
  warn(fields: object, message?: string): void;
  error(fields: object, message?: string): void;
}

export interface Network {
  /** Opens a connection; its outcome is told to `peer`. */
  connect(address: SocketAddress, peer: WirePeer): Wire;
  /** Listens; resolves once connections are accepted, rejects with the system's error (`EADDRINUSE`, `EACCES`). */
  listen(address: SocketAddress, accept: (wire: Wire) => WirePeer): Promise<ListeningSocket>;
}

/**
 * Requests that the gateway makes for itself: an issuer's keys, whether a token is active. Never on behalf of a client, whose
 * requests go through a service's connections.
 */
export interface Outbound {
  /**
   * Asks once, within bounds. Resolves with any answer, whatever its status; rejects with an `OutboundError` when there is none
   * within the bounds.
   */
  send(request: OutboundRequest): Promise<OutboundResponse>;
}

export interface OutboundRequest {
  readonly method: "GET" | "POST";
  /** https, or http to a loopback address. */
  readonly url: string;
  /** By names in lower case. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** For all of it, redirects and the body included. */
  readonly timeoutMs: number;
  /** Bytes of the body, decoded; a longer one is an error. */
  readonly maxBytes: number;
  /** How many redirects are followed; 0 by default. Only a GET without an Authorization field follows any. */
  readonly maxRedirects?: number;
}

export interface OutboundResponse {
  readonly status: number;
  /** By names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Uint8Array;
}

export interface SocketAddress {
  /** A name or an IP address without brackets. */
  readonly host: string;
  readonly port: number;
}

export interface ListeningSocket {
  readonly port: number;
  readonly host: string;
  /** Stops accepting; connections that are open stay open. */
  close(): Promise<void>;
}

/** One connection: bytes out. Bytes in are told to its `WirePeer`. */
export interface Wire {
  /** The peer's IP address as the system writes it; empty when already gone. */
  readonly remoteAddress: string;
  readonly remotePort: number;
  /** 0 when the kernel has taken all that was written; else a measure of what it has not, falling as it takes it. */
  readonly pendingBytes: number;
  /** How often what was written was handed to the kernel: while it stays the same, what was written since has not left. */
  readonly sends: number;
  /** Writes text as latin1. What is written while one batch of events is handled goes out together, at its end. */
  writeText(text: string): void;
  /** Writes a range of `bytes`, which are copied or gone when it returns, behind the text that was written. */
  writeBytes(bytes: Uint8Array, start: number, end: number): void;
  /** Stops and continues the calls of `received`. */
  pause(): void;
  resume(): void;
  /** Sends what is pending, then FIN. */
  end(): void;
  /** Drops the connection, and what the kernel has not taken, so that it never leaves. `closed` follows. */
  destroy(): void;
  /** The same, and the peer is made to see an error instead of an end (TCP RST). */
  reset(): void;
}

export interface WirePeer {
  /** Only for wires that were opened by `connect`. */
  connected(): void;
  /**
   * Bytes have come: those of `bytes` below `length`; when they fill it, more may lie behind. The memory is used again for the next read of any wire, so what
   * is kept must be copied before this call returns.
   */
  received(bytes: Buffer, length: number): void;
  /** The peer sent FIN. */
  ended(): void;
  /** The kernel has not taken all that was written, as is said after each such write; `drained` follows when it has. */
  blocked(): void;
  /** What was pending has been taken by the kernel. */
  drained(): void;
  /** The connection is gone; nothing follows. `error` is the system's error, if there was one. */
  closed(error: NodeJS.ErrnoException | undefined): void;
}
