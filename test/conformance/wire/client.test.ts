/**
 * What clients send, through the whole gateway on real sockets: a request is refused and the service sees no whole message, or
 * the service sees exactly one, in one framing, and that message is what the case says.
 */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Gateway } from "../../../src/index.ts";
import type { ClientCase } from "./client-case.ts";
import type { RecordingService } from "../recording-service.ts";
import { ALL_THREATS } from "./client-cases.ts";
import { checkRecorded } from "./oracle.ts";
import { bytesOf, play, twoPieces, whole, type Pieces } from "./play.ts";
import { listenRecording, startGateway } from "./stage.ts";

let recorder: RecordingService;
let gateway: Gateway;
let port = 0;
before(async () => {
  recorder = await listenRecording();
  gateway = startGateway(recorder.port);
  ({ port } = await gateway.start());
});
after(async () => {
  await gateway.close();
  recorder.close();
});

/** Cases of more bytes are only sent in larger pieces: each byte costs turns of the event loop. */
const MOST_SINGLE_BYTES = 400;

for (const { threat, cases } of ALL_THREATS) {
  describe(threat, () => {
    for (const one of cases) {
      test(one.what, () => check(one, whole));
      test(`${one.what}, in two pieces`, () => check(one, twoPieces));
      if (one.bytes.length <= MOST_SINGLE_BYTES) test(`${one.what}, byte by byte`, () => check(one, bytesOf));
    }
  });
}

test("there are more than three hundred, and no two are the same", () => {
  const bytes = ALL_THREATS.flatMap(({ cases }) => cases.map((one) => `${one.bytes}|${one.later}`));
  assert.ok(new Set(bytes).size > 600, `${new Set(bytes).size} of ${bytes.length}`);
});

async function check(one: ClientCase, pieces: Pieces): Promise<void> {
  try {
    await play(one, port, pieces, false);
  } catch (error) {
    // What else has come is not the next case's fault.
    recorder.take();
    throw error;
  }
  await checkRecorded(one, recorder);
}
