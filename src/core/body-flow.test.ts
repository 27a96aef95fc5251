import assert from "node:assert/strict";
import { test } from "node:test";
import { UNKNOWN_LENGTH } from "../http/head.ts";
import { BODY_TOO_LARGE } from "../http/refusals.ts";
import { testExchange } from "../testing/exchange.ts";
import { BodyFlow, NO_BODY } from "./body-flow.ts";
import type { BodySink } from "./legs.ts";

/** A body with a reader that notes what it hears, and takes so many pieces before it stops. */
function flowing(pieces: number): { body: BodyFlow; sink: BodySink; told: string[] } {
  const told: string[] = [];
  const body = new BodyFlow({ bodyWanted: () => told.push("wanted") });
  let left = pieces;
  const sink: BodySink = {
    body(bytes, start, end) {
      told.push(Buffer.from(bytes.subarray(start, end)).toString());
      return --left > 0;
    },
    bodyEnd: () => told.push("end"),
    bodyAborted: () => told.push("aborted"),
  };
  return { body, sink, told };
}

const bytes = Buffer.from("..abc..");
const x = testExchange({ method: "POST", bodyLength: UNKNOWN_LENGTH });

test("a body is held until it is read, and whenever its reader stops", () => {
  const { body, sink, told } = flowing(2);
  assert.ok(body.isUnread && !body.flows);
  body.readTo(sink);
  assert.ok(body.flows);
  assert.equal(body.take(x, bytes, 2, 4), true);
  assert.equal(body.take(x, bytes, 4, 5), false);
  assert.ok(body.isHeld && !body.isUnread);
  body.readTo(sink);
  body.end(undefined);
  body.abort();
  assert.deepEqual(told, ["wanted", "ab", "c", "wanted", "end"]);
  assert.ok(body.isOver);
});

test("what is read is counted, and bounded by the route", () => {
  const { body, sink, told } = flowing(Infinity);
  const counted = testExchange({ method: "POST", bodyLength: UNKNOWN_LENGTH });
  const { bodyBytes } = counted.route.limits;
  body.readTo(sink);
  body.take(counted, Buffer.alloc(bodyBytes), 0, bodyBytes);
  assert.equal(counted.requestBytes, bodyBytes);
  assert.throws(() => body.take(counted, bytes, 0, 1), { kind: BODY_TOO_LARGE });
  assert.equal(told.length, 2);
});

test("a reader that leaves hears nothing more, and what still comes is for nobody", () => {
  const { body, sink, told } = flowing(Infinity);
  body.readTo(sink);
  body.leave();
  assert.ok(body.isDiscarded && body.flows);
  body.abort();
  body.end(undefined);
  assert.deepEqual(told, ["wanted"]);
});

test("a reader is told once that the body breaks off, and one that leaves while it takes is not asked again", () => {
  const { body, sink, told } = flowing(Infinity);
  body.readTo(sink);
  body.abort();
  body.abort();
  assert.deepEqual(told, ["wanted", "aborted"]);
  const other = flowing(1);
  other.body.readTo({ ...other.sink, body: () => (other.body.leave(), false) });
  assert.equal(other.body.take(x, bytes, 0, 1), true);
  assert.ok(other.body.isDiscarded);
});

test("a body that is stopped or discarded is not asked for any more", () => {
  for (const ends of ["stop", "discard"] as const) {
    const { body, sink, told } = flowing(Infinity);
    body[ends]();
    body.readTo(sink);
    assert.deepEqual(told, []);
    assert.equal(body.flows, ends === "discard");
  }
});

test("a request without a body has one for all", () => {
  const { sink, told } = flowing(Infinity);
  NO_BODY.readTo(sink);
  NO_BODY.abort();
  assert.deepEqual(told, []);
  assert.ok(NO_BODY.isOver);
});
