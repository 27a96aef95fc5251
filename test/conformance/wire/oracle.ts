/** What must hold of everything that a service sees, whatever a client has sent. */
import assert from "node:assert/strict";
import { setImmediate as nextTurn } from "node:timers/promises";
import { eventually } from "../../e2e/raw-peer.ts";
import type { StrictRequest } from "../strict-reading.ts";
import type { ClientCase, Seen } from "./client-case.ts";
import { AFTER, ends } from "./play.ts";
import type { RecordedRequest, RecordingService } from "../recording-service.ts";

/** Fields of the client's connection, and what only the gateway may say in other words. */
const NEVER = [
  "connection",
  "expect",
  "forwarded",
  "http2-settings",
  "keep-alive",
  "proxy-connection",
  "te",
  "trailer",
  "upgrade",
  "x-real-ip",
];
/** Fields that stand once in every message. */
const ONCE = ["host", "traceparent", "via", "x-forwarded-for", "x-forwarded-proto", "x-request-id"];
/** Fields of which a second one would be another statement. */
const AT_MOST_ONCE = ["content-length", "transfer-encoding", "x-forwarded-host", "x-user-id"];

/** The messages that a service must have seen of a case: its own, and the further request where the connection goes on. */
export function seenOf(one: ClientCase): readonly Seen[] {
  return [...(one.seen ?? []), ...(ends(one) ? [] : [{ target: AFTER }])];
}

/**
 * Every byte that the service has got belongs to a message that the case tells of; or it is the beginning of the message that
 * the case breaks off, on a connection that has ended.
 */
export async function checkRecorded(one: ClientCase, recorder: RecordingService): Promise<void> {
  // What the gateway has written before its answer is here by now, but may not have been looked at.
  for (let turns = 0; turns < 2; turns++) await nextTurn();
  if (one.begun !== undefined)
    await eventually(() => recorder.unfinished === 0, "the connection of a message that breaks off ends");
  const { requests, beginnings, faults } = recorder.take();
  assert.deepEqual(faults, [], "everything has one reading");
  const expected = seenOf(one);
  assert.deepEqual(
    requests.map(({ target }) => target),
    expected.map(({ target }) => target),
    "the service sees what it should",
  );
  for (const [i, request] of requests.entries()) {
    checkRequest(request, recorder.port);
    checkSeen(request, expected[i]!);
  }
  checkConnections(requests);
  if (one.begun === undefined) return assert.deepEqual(beginnings, [], "not one byte of anything else");
  assert.ok(beginnings.length <= 1, `one message begins: ${JSON.stringify(beginnings)}`);
  for (const text of beginnings)
    assert.ok(`${text} `.startsWith(`${one.begun} HTTP/1.1\r\n`), `${JSON.stringify(text)} begins`);
}

function checkRequest({ method, target, fields, trailers, minorVersion }: StrictRequest, port: number): void {
  assert.equal(minorVersion, 1);
  assert.match(target, /^\/(?!\/)/, "an absolute path");
  assert.ok(method !== "CONNECT" && method !== "TRACE", method);
  const counts = new Map<string, number>();
  for (const [name] of fields) counts.set(name, (counts.get(name) ?? 0) + 1);
  for (const name of NEVER) assert.equal(counts.get(name), undefined, name);
  for (const name of ONCE) assert.equal(counts.get(name), 1, name);
  for (const name of AT_MOST_ONCE) assert.ok((counts.get(name) ?? 0) <= 1, name);
  checkFields(fields, {
    host: `127.0.0.1:${port}`,
    "x-forwarded-for": "127.0.0.1",
    "x-forwarded-proto": "http",
  });
  for (const [name] of [...fields, ...trailers]) assert.doesNotMatch(name, /_/, "a name with an underscore");
  for (const [name] of trailers)
    assert.doesNotMatch(name, /^(?:host|content-|transfer-|authorization$|x-(?:forwarded-|user-id$))/);
}

/** Connections over which such a body went: services that do not read it would take it for the next request (CL.0). */
const spent = new WeakSet<object>();

/** Asked of all cases: a pipelined request takes another connection in any case, and the next case would have this one. */
function checkConnections(requests: readonly RecordedRequest[]): void {
  for (const { method, body, socket } of requests) {
    assert.ok(!spent.has(socket), "nothing follows the body of a GET on its connection");
    if (body !== "" && ["GET", "HEAD", "DELETE", "OPTIONS"].includes(method)) spent.add(socket);
  }
}

function checkSeen(request: StrictRequest, seen: Seen): void {
  if (seen.method !== undefined) assert.equal(request.method, seen.method);
  if (seen.body !== undefined) assert.equal(request.body, seen.body);
  // Who calls is what the case says, and nobody where it says nothing.
  checkFields(request.fields, { "x-user-id": null, ...seen.fields });
  checkFields(request.trailers, seen.trailers ?? {});
}

function checkFields(
  fields: StrictRequest["fields"],
  expected: Readonly<Record<string, string | null>>,
): void {
  for (const [name, value] of Object.entries(expected)) {
    const values = fields.filter(([key]) => key === name).map(([, text]) => text);
    assert.deepEqual(values, value === null ? [] : [value], name);
  }
}
