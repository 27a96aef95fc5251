/**
 * The same cases with nginx and HAProxy as the service, which read what the gateway writes with a reading of their own, in front of
 * the one that records: no request is ever seen as two, and none that was refused is seen at all.
 */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { findProgram } from "../../../bench/tools.ts";
import type { Gateway } from "../../../src/index.ts";
import type { RecordingService } from "../recording-service.ts";
import { startBetween, type Between } from "../suites/between.ts";
import { CLIENT_THREATS } from "./client-cases.ts";
import { seenOf } from "./oracle.ts";
import { play, whole } from "./play.ts";
import { listenRecording, startGateway } from "./stage.ts";

for (const name of ["nginx", "haproxy"]) {
  const skip = findProgram(name) === undefined ? `${name} is not installed: apt-get install ${name}` : false;
  describe(`behind ${name}`, { skip }, () => {
    const folder = mkdtempSync(join(tmpdir(), "portcullis-wire-"));
    let recorder: RecordingService;
    let between: Between;
    let gateway: Gateway;
    let port = 0;
    /** Messages that may have begun: a server in between may pass a beginning on when the case is long over. */
    const brokenOff: string[] = [];
    before(async () => {
      recorder = await listenRecording();
      between = await startBetween(name, folder);
      gateway = startGateway(await between.start(recorder.port));
      ({ port } = await gateway.start());
    });
    after(async () => {
      await gateway.close();
      await between.stop();
      recorder.close();
      rmSync(folder, { recursive: true, force: true });
    });

    for (const { threat, cases } of CLIENT_THREATS) {
      test(threat, async () => {
        recorder.take();
        for (const one of cases) {
          await play(one, port, whole, true);
          const { requests, beginnings, faults } = recorder.take();
          assert.deepEqual(faults, [], one.what);
          if (one.begun !== undefined) brokenOff.push(`${one.begun} `);
          const isTold = (text: string): boolean => brokenOff.some((begun) => text.startsWith(begun));
          assert.deepEqual(
            beginnings.filter((text) => !isTold(text)),
            [],
            one.what,
          );
          const seen = seenOf(one);
          let next = 0;
          // The server may refuse what we pass on: fewer is as good, and others are not.
          for (const { target } of requests) {
            next = 1 + seen.findIndex((expected, at) => at >= next && expected.target === target);
            assert.ok(next > 0, `${one.what}: ${target} is seen where ${JSON.stringify(seen)} was sent`);
          }
        }
      });
    }
  });
}
