import assert from "node:assert/strict";
import { test } from "node:test";
import { EVENTS, type GatewayEvent } from "../core/events.ts";
import { simulatedHost } from "../simulation/simulated-host.ts";
import { EventLog } from "./event-log.ts";

const err = new Error("no answer");
const MINUTE_MS = 60_000;

/** `every`: of many there is at most one line in so many milliseconds, which says in the field `count` how many there were. */
interface Case {
  readonly event: GatewayEvent;
  readonly level: "info" | "warn" | "error";
  readonly fields: object;
  readonly message: string;
  readonly every?: number;
  readonly count?: string;
  /** One that is counted apart from `event`. */
  readonly other?: GatewayEvent;
}

const cases: readonly Case[] = [
  {
    event: { kind: "circuit.changed", service: "users", from: "closed", to: "open" },
    level: "warn",
    fields: { service: "users", from: "closed", to: "open" },
    message: "circuit of service users is open",
  },
  {
    event: { kind: "limit.table_full", place: "a", limit: "default", newClients: "refused" },
    level: "warn",
    fields: { limit: "default" },
    message: "the table of a rate limit is full, new clients are refused: raise maxKeys",
    every: MINUTE_MS,
    count: "times",
    other: { kind: "limit.table_full", place: "b", limit: "default", newClients: "not limited" },
  },
  {
    event: { kind: "limit.would_refuse", place: "a", limit: "default" },
    level: "info",
    fields: { limit: "default" },
    message: "a rate limit in shadow mode would have refused requests",
    every: MINUTE_MS,
    count: "times",
    other: { kind: "limit.would_refuse", place: "b", limit: "default" },
  },
  {
    event: { kind: "auth_failures.table_full", place: "a" },
    level: "warn",
    fields: {},
    message:
      "the table of failed authentications is full, those of new addresses are not counted: raise maxKeys",
    every: MINUTE_MS,
    count: "times",
    other: { kind: "auth_failures.table_full", place: "b" },
  },
  {
    event: {
      kind: "connections.turned_away",
      code: "client.too_many_connections",
      clientAddress: "192.0.2.1",
      why: "limits.maxConnections are open",
    },
    level: "warn",
    fields: { code: "client.too_many_connections", clientAddress: "192.0.2.1" },
    message: "connections were closed without an answer: limits.maxConnections are open",
    every: 10_000,
    count: "connections",
    other: {
      kind: "connections.turned_away",
      code: "client.untrusted_proxy",
      clientAddress: "192.0.2.1",
      why: "they have no PROXY header of a trusted proxy",
    },
  },
  {
    event: { kind: "introspection.unavailable", place: "a", server: "https://id.example.com", err },
    level: "warn",
    fields: { server: "https://id.example.com", err },
    message:
      "an authorization server does not say whether a token is active; such requests are answered with 503",
    every: MINUTE_MS,
    count: "times",
    other: { kind: "introspection.unavailable", place: "b", server: "https://id.example.com", err },
  },
  {
    event: {
      kind: "keys.unavailable",
      issuer: "https://id.example.com",
      err,
      meanwhile: "the ones from before serve on",
    },
    level: "warn",
    fields: { issuer: "https://id.example.com", err },
    message: "the keys of an issuer cannot be had; the ones from before serve on",
  },
  {
    event: { kind: "keys.available", issuer: "https://id.example.com", keys: 2 },
    level: "info",
    fields: { issuer: "https://id.example.com", keys: 2 },
    message: "the keys of an issuer can be had again",
  },
  {
    event: { kind: "key.unusable", issuer: "https://id.example.com", kid: "a", problem: "it is {kid} bits" },
    level: "warn",
    fields: { issuer: "https://id.example.com", kid: "a" },
    message: "a key of an issuer's set is not used: it is {kid} bits",
  },
  {
    event: { kind: "file.read_anew", file: "keys.json", what: "API keys", entries: 3 },
    level: "info",
    fields: { file: "keys.json", entries: 3 },
    message: "the API keys were read anew",
  },
  {
    event: { kind: "file.unusable", file: "keys.json", what: "API keys", problem: "there is no such file" },
    level: "error",
    fields: { file: "keys.json", problem: "there is no such file" },
    message: "the API keys cannot be read anew, the last good ones stay",
  },
  {
    event: { kind: "token.revoked", zone: "tokens", client: "admin", jti: "1" },
    level: "info",
    fields: { zone: "tokens", client: "admin", jti: "1" },
    message: "a token was revoked",
  },
  {
    event: { kind: "subject.revoked", zone: "tokens", client: "admin", sub: "alice" },
    level: "info",
    fields: { zone: "tokens", client: "admin", sub: "alice" },
    message: "all tokens of a subject were revoked",
  },
  {
    event: { kind: "revocation.refused", zone: "tokens", client: "admin", sub: "alice" },
    level: "error",
    fields: { zone: "tokens", client: "admin", sub: "alice" },
    message:
      "a revocation was refused: there is no room until others have expired; raise the entries of the zone",
  },
  {
    event: { kind: "revocation.of_nothing", client: "admin" },
    level: "info",
    fields: { client: "admin" },
    message: "nothing was revoked: the token is none of the gateway's",
  },
];

test("every kind of event has a case here", () => {
  assert.deepEqual(cases.map(({ event }) => event.kind).toSorted(), Object.keys(EVENTS).toSorted());
});

function lineOf({ level, fields, message, count }: Case, times: number): object {
  return { level, fields: count === undefined ? fields : { ...fields, [count]: times }, message };
}

for (const oneCase of cases) {
  const { event, every, other } = oneCase;
  test(`${event.kind} is logged ${every === undefined ? "each time" : `once in ${every} ms`}`, () => {
    const host = simulatedHost();
    const { lines } = host.log;
    const events = new EventLog(host);
    for (let i = 0; i < 4; i++) events.tell(event);
    const first = lineOf(oneCase, 1);
    // As text as well, which has the fields in their order.
    assert.equal(JSON.stringify(lines[0]), JSON.stringify(first));
    if (every === undefined) {
      assert.deepEqual(lines, [first, first, first, first]);
      return;
    }
    assert.deepEqual(lines, [first]);
    events.tell(other!);
    assert.equal(lines.length, 2, "what is counted apart is told at once");
    host.clock.advance(every - 1);
    events.tell(event);
    assert.equal(lines.length, 2);
    host.clock.advance(1);
    events.tell(event);
    assert.deepEqual(lines[2], lineOf(oneCase, 5));
    host.clock.advance(every);
    events.tell(event);
    assert.deepEqual(lines[3], first);
  });
}
