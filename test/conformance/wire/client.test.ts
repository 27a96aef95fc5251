/**
 * What clients send, through the whole gateway on real sockets: a request is refused and the service sees no whole message, or
 * the service sees exactly one, in one framing, and that message is what the case says.
 */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Gateway } from "../../../src/index.ts";
import type { StrictRequest } from "../suites/strict-reading.ts";
import type { ClientCase, Seen } from "./client-case.ts";
import { CLIENT_THREATS } from "./client-cases.ts";
import { AFTER, cutOf, ends, play } from "./play.ts";
import { RecordingService, startGateway } from "./stage.ts";

let recorder: RecordingService;
let gateway: Gateway;
let port = 0;
before(async () => {
  recorder = await RecordingService.listen();
  gateway = startGateway(recorder.port);
  ({ port } = await gateway.start());
});
after(async () => {
  await gateway.close();
  recorder.close();
});

for (const { threat, cases } of CLIENT_THREATS) {
  describe(threat, () => {
    for (const one of cases) {
      test(one.what, () => check(one, Number.POSITIVE_INFINITY));
      test(`${one.what}, in two pieces`, () => check(one, cutOf(one)));
    }
  });
}

test("there are more than three hundred, and no two are the same", () => {
  const bytes = CLIENT_THREATS.flatMap(({ cases }) => cases.map((one) => one.bytes));
  assert.ok(new Set(bytes).size > 600, `${new Set(bytes).size} of ${bytes.length}`);
});

async function check(one: ClientCase, cut: number): Promise<void> {
  await play(one, port, cut, false);
  const { requests, faults } = recorder.take();
  assert.deepEqual(faults, [], "everything has one reading");
  const seen: readonly Seen[] = [...(one.seen ?? []), ...(ends(one) ? [] : [{ target: AFTER }])];
  const targets = requests.map(({ target }) => target);
  assert.deepEqual(
    targets,
    seen.map(({ target }) => target),
    "the service sees what it should",
  );
  for (const [i, request] of requests.entries()) checkSeen(request, seen[i]!);
}

function checkSeen(request: StrictRequest, seen: Seen): void {
  if (seen.method !== undefined) assert.equal(request.method, seen.method);
  if (seen.body !== undefined) assert.equal(request.body, seen.body);
  checkFields(request.fields, seen.fields ?? {});
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
