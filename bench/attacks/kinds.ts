import { exportPath, makeToken, shopPath } from "../shop.ts";

/** One way to wear a gateway down, on many connections at once. */
export interface Attack {
  readonly name: string;
  readonly what: string;
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
  {
    name: "none",
    what: "no attack, to tell the noise of the machine",
    connections: 0,
    opening: "",
    reads: true,
  },
  {
    name: "idle",
    what: "5,000 connections that send nothing",
    connections: 5000,
    opening: "",
    reads: true,
  },
  {
    name: "slow-heads",
    what: "1,000 heads of which a field comes every half second",
    connections: 1000,
    opening: request("GET /"),
    next: { everyMs: 500, bytes: "a: b\r\n" },
    reads: true,
  },
  {
    name: "slow-bodies",
    what: "1,000 bodies of which a byte comes every half second",
    connections: 1000,
    opening: `${upload}content-length: 1000000\r\n\r\n`,
    next: { everyMs: 500, bytes: "x" },
    reads: true,
  },
  {
    name: "slow-readers",
    what: "200 answers of 256 MB that nobody reads",
    connections: 200,
    opening: `${request(`GET ${exportPath}`, token)}\r\n`,
    reads: false,
  },
  {
    name: "unread-pipelines",
    what: "200 connections that ask on and on and read nothing",
    connections: 200,
    opening: "",
    next: { everyMs: 0, bytes: asked.repeat(100) },
    reads: false,
  },
  {
    name: "giant-heads",
    what: "16 connections with heads of 1 MB, opened again and again",
    connections: 16,
    opening: `${request("GET /")}${field("a", 7000).repeat(150)}`,
    reads: true,
  },
  {
    name: "chunk-flood",
    what: "16 bodies in chunks of one byte, as fast as they are taken",
    connections: 16,
    opening: `${upload}transfer-encoding: chunked\r\n\r\n`,
    next: { everyMs: 0, bytes: "1\r\nx\r\n".repeat(4000) },
    reads: true,
  },
  {
    name: "endless-trailers",
    what: "16 trailer sections without end, opened again and again",
    connections: 16,
    opening: `${upload}transfer-encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n`,
    next: { everyMs: 0, bytes: field("a", 100).repeat(100) },
    reads: true,
  },
  {
    name: "pipelined-refusals",
    what: "16 connections that pipeline requests without a token, as fast as they are taken",
    connections: 16,
    opening: "",
    next: { everyMs: 0, bytes: refused.repeat(500) },
    reads: true,
  },
  {
    name: "pipelined-requests",
    what: "16 connections that pipeline requests to a service, as fast as they are taken",
    connections: 16,
    opening: "",
    next: { everyMs: 0, bytes: asked.repeat(200) },
    reads: true,
  },
];
