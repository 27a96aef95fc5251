import assert from "node:assert/strict";
import { UNKNOWN_LENGTH } from "../../src/http/head.ts";
import type { RequestHead, ResponseHead } from "../../src/http/head.ts";
import { HeaderList } from "../../src/http/headers.ts";
import { chunkHeadText, lastChunkText, NO_FRAMING, responseHeadText } from "../../src/http/h1/write.ts";
import {
  HOP_BY_HOP,
  readRequests,
  readResponse,
  TEST_LIMITS,
  type Reading,
  type Readings,
} from "../../test/conformance/h1/readings.ts";
import { readStrictly, type StrictRequest } from "../../test/conformance/strict-reading.ts";

import { readResponseStrictly, type StrictResponse } from "./strict-response.ts";

/** Behaves like an input did before: what is new about another one is that it has another of these. */
export type Signature = string;

const METHODS = ["GET", "HEAD", "POST"] as const;

/** Reads requests and checks all that must hold of any bytes; throws an `AssertionError`, or whatever the codec throws by mistake. */
export function checkRequests(text: string, cuts: readonly number[]): Signature {
  const whole = readRequests(text, [], TEST_LIMITS);
  const split = readRequests(text, cuts, TEST_LIMITS);
  assert.deepEqual(split.complete, whole.complete, "the bytes split otherwise are the same messages");
  // Of a section without an end, what is wrong may be seen later, never something else.
  if (whole.refused !== "" && split.refused !== "")
    assert.equal(split.refused, whole.refused, "the bytes split otherwise are refused alike");
  const strict = readStrictly(text).requests;
  for (const [i, reading] of whole.complete.entries()) {
    assert.ok(i < strict.length, `the strict reading sees no message ${i}`);
    checkSame(reading, strict[i]!);
    checkWrittenAnew(reading);
  }
  return signatureOf(whole);
}

/** What we read, a reader that knows nothing of ours has read alike. */
function checkSame({ head, body }: Reading<RequestHead>, strict: StrictRequest): void {
  assert.equal(head.method, strict.method);
  assert.equal(head.version, `1.${strict.minorVersion}`);
  assert.equal(body, strict.body, "the body");
  const named = strict.fields
    .filter(([name]) => name === "connection")
    .flatMap(([, value]) => value.toLowerCase().split(/[ \t]*,[ \t]*/));
  const expected = strict.fields.filter(([name]) => !HOP_BY_HOP.has(name));
  const ours = pairsOf(head.headers);
  const taken = expected.filter(([name]) => !named.includes(name));
  // Of what Connection names some is kept, but nothing is made up.
  assert.deepEqual(
    ours.filter(([name]) => !named.includes(name)),
    taken,
    "the fields",
  );
  for (const [name, value] of ours)
    assert.ok(
      expected.some((pair) => pair[0] === name && pair[1] === value),
      `${name} was made up`,
    );
}

/** What goes on to a service, is read there as the same message. */
function checkWrittenAnew({ head, body }: Reading<RequestHead>): void {
  let text = `${head.method} ${head.path}${head.query} HTTP/1.1\r\nhost: a\r\n`;
  for (const [name, value] of pairsOf(head.headers)) text += `${name}: ${value}\r\n`;
  text += `content-length: ${body.length}\r\n\r\n${body}`;
  if (head.path === "*" && head.method !== "OPTIONS") return;
  const { complete, refused, detail } = readRequests(text);
  assert.equal(refused, "", `written anew it is refused: ${detail}`);
  assert.equal(complete.length, 1, "written anew it is one message");
  const again = complete[0]!;
  assert.deepEqual(
    [again.head.method, again.head.path, again.head.query, again.head.headers.fields, again.body],
    [head.method, head.path, head.query, head.headers.fields, body],
    "written anew it is the same message",
  );
}

/** The same of the answers to a request, whose connection may have ended behind them. */
export function checkResponses(text: string, cuts: readonly number[]): Signature {
  let signature = "";
  for (const method of METHODS) {
    for (const fin of [false, true]) {
      const whole = readResponse(text, { method, fin });
      const split = readResponse(text, { method, fin, cuts });
      assert.deepEqual(split.complete, whole.complete, "the bytes split otherwise are the same answer");
      if (whole.refused !== "" && split.refused !== "")
        assert.equal(split.refused, whole.refused, "the bytes split otherwise are refused alike");
      assert.ok(whole.complete.length <= 1, "one request has one answer");
      for (const reading of whole.complete) {
        checkSameAnswer(reading, readResponseStrictly(text, method, fin));
        if (method !== "HEAD") checkAnswerWrittenAnew(reading);
      }
      signature += signatureOf(whole);
    }
  }
  return signature;
}

function checkSameAnswer({ head, body }: Reading<ResponseHead>, strict: StrictResponse | undefined): void {
  assert.ok(strict !== undefined, "the strict reading sees no answer");
  assert.equal(head.status, strict.status);
  assert.equal(body, strict.body, "the body");
  for (const [name, value] of pairsOf(head.headers))
    assert.ok(
      strict.fields.some((pair) => pair[0] === name && pair[1] === value),
      `${name} was made up`,
    );
}

function checkAnswerWrittenAnew({ head, body, trailers }: Reading<ResponseHead>): void {
  const { status, headers } = head;
  const bodiless = status === 204 || status === 304;
  const framing = bodiless ? NO_FRAMING : head.bodyLength === UNKNOWN_LENGTH ? UNKNOWN_LENGTH : body.length;
  let text = responseHeadText(status, headers, framing, "");
  if (framing === UNKNOWN_LENGTH) {
    if (body !== "") text += `${chunkHeadText(body.length)}${body}\r\n`;
    text += lastChunkText(trailers.length === 0 ? undefined : new HeaderList([...trailers]));
  } else {
    text += body;
  }
  const { complete, refused, detail, surplus } = readResponse(text, {
    limits: { headBytes: 1_000_000, headerCount: 1000 },
  });
  assert.equal(refused, "", `written anew it is refused: ${detail}`);
  assert.equal(surplus, "", "written anew nothing is left of it");
  assert.equal(complete.length, 1, "written anew it is one answer");
  assert.equal(complete[0]!.body, body, "written anew it has the same body");
  assert.deepEqual(complete[0]!.head.headers.fields, headers.fields, "written anew it has the same fields");
}

function pairsOf(headers: HeaderList): (readonly [string, string])[] {
  const { fields } = headers;
  return Array.from({ length: fields.length / 2 }, (_, i) => [fields[i * 2]!, fields[i * 2 + 1]!] as const);
}

function signatureOf<Head extends { readonly bodyLength: number }>(readings: Readings<Head>): Signature {
  const heads = readings.complete.map(({ head, body, trailers }) =>
    [shapeOf(head), magnitude(body.length), trailers.length].join(","),
  );
  const begun = readings.begun === undefined ? "" : shapeOf(readings.begun);
  return [
    heads.join("/"),
    begun,
    readings.interim.length,
    readings.detail,
    readings.surplus === "" ? 0 : 1,
  ].join("|");
}

/** Which branches a head has taken, roughly. */
function shapeOf(head: object): string {
  return Object.values(head)
    .map((value) => {
      if (typeof value === "string") return value === "" ? 0 : 1;
      if (value instanceof HeaderList) return value.fields.length / 2;
      return typeof value === "number" ? magnitude(value) : String(value);
    })
    .join(".");
}

function magnitude(value: number): number {
  return value <= 0 ? value : Math.floor(Math.log2(value)) + 1;
}
