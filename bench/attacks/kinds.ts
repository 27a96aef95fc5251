import { exportPath, makeToken, shopPath, tricklePath } from "../shop.ts";

/** One way to wear a gateway down. */
export interface Attack {
  readonly name: string;
  readonly what: string;
  readonly sockets?: SocketAttack;
  /** How slowhttptest is asked to do it; the URL follows. */
  readonly slowhttptest?: { readonly args: readonly string[]; readonly path: string };
}

/** What many connections do at once. */
export interface SocketAttack {
  readonly connections: number;
  /** What each connection sends at once. */
  readonly opening: string;
  /** What it sends from then on, every so many milliseconds; 0: whenever the gateway has taken the last piece. */
  readonly next?: { readonly everyMs: number; readonly bytes: string };
  /** Whether it takes what is answered. */
  readonly reads: boolean;
}

const field = (name: string, length: number): string => `${name}: ${"x".repeat(length)}\r\n`;
const request = (line: string, fields = ""): string => `${line} HTTP/1.1\r\nhost: a\r\n${fields}`;
const token = `authorization: Bearer ${makeToken(3600)}\r\n`;
const upload = request("POST /api/v1/orders", `${token}content-type: application/json\r\n`);
const asked = `${request(`GET ${shopPath}`, token)}\r\n`;
const refused = `${request(`GET ${shopPath}`)}\r\n`;

export const attacks: readonly Attack[] = [
  { name: "none", what: "no attack, to tell the noise of the machine" },
  {
    name: "idle",
    what: "5,000 connections that send nothing",
    sockets: { connections: 5000, opening: "", reads: true },
  },
  {
    name: "slow-heads",
    what: "1,000 heads of which a field comes every half second",
    sockets: {
      connections: 1000,
      opening: request("GET /"),
      next: { everyMs: 500, bytes: "a: b\r\n" },
      reads: true,
    },
  },
  {
    name: "slow-bodies",
    what: "1,000 bodies of which a byte comes every half second",
    sockets: {
      connections: 1000,
      opening: `${upload}content-length: 1000000\r\n\r\n`,
      next: { everyMs: 500, bytes: "x" },
      reads: true,
    },
  },
  {
    name: "slow-readers",
    what: "200 answers of 256 MB that nobody reads",
    sockets: { connections: 200, opening: `${request(`GET ${exportPath}`, token)}\r\n`, reads: false },
  },
  {
    name: "unread-pipelines",
    what: "200 connections that ask on and on and read nothing",
    sockets: { connections: 200, opening: "", next: { everyMs: 0, bytes: asked.repeat(100) }, reads: false },
  },
  {
    name: "giant-heads",
    what: "16 connections with heads of 1 MB, opened again and again",
    sockets: { connections: 16, opening: `${request("GET /")}${field("a", 7000).repeat(150)}`, reads: true },
  },
  {
    name: "chunk-flood",
    what: "16 bodies in chunks of one byte, as fast as they are taken",
    sockets: {
      connections: 16,
      opening: `${upload}transfer-encoding: chunked\r\n\r\n`,
      next: { everyMs: 0, bytes: "1\r\nx\r\n".repeat(4000) },
      reads: true,
    },
  },
  {
    name: "endless-trailers",
    what: "16 trailer sections without end, opened again and again",
    sockets: {
      connections: 16,
      opening: `${upload}transfer-encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n`,
      next: { everyMs: 0, bytes: field("a", 100).repeat(100) },
      reads: true,
    },
  },
  {
    name: "pipelined-refusals",
    what: "16 connections that pipeline requests without a token, as fast as they are taken",
    sockets: { connections: 16, opening: "", next: { everyMs: 0, bytes: refused.repeat(500) }, reads: true },
  },
  {
    name: "pipelined-requests",
    what: "16 connections that pipeline requests to a service, as fast as they are taken",
    sockets: { connections: 16, opening: "", next: { everyMs: 0, bytes: asked.repeat(200) }, reads: true },
  },
  {
    name: "trickle",
    what: "500 answers of which the service gives a byte every tenth of a second",
    sockets: { connections: 500, opening: `${request(`GET ${tricklePath}`, token)}\r\n`, reads: true },
  },
  {
    name: "slowhttptest-H",
    what: "slowhttptest -H: 900 heads of which a field comes every second",
    slowhttptest: { args: ["-H", "-c", "900", "-r", "300", "-i", "1", "-x", "24"], path: "/open/orders" },
  },
  {
    name: "slowhttptest-B",
    what: "slowhttptest -B: 900 bodies of which a piece comes every second",
    slowhttptest: {
      args: ["-B", "-c", "900", "-r", "300", "-i", "1", "-x", "10", "-s", "8192"],
      path: "/open/orders",
    },
  },
  {
    name: "slowhttptest-X",
    what: "slowhttptest -X: 900 readers of 256 MB, 32 bytes a second with a window of 512 to 1024 bytes",
    slowhttptest: {
      args: ["-X", "-c", "900", "-r", "300", "-w", "512", "-y", "1024", "-n", "1", "-z", "32"],
      path: "/open/export",
    },
  },
];
