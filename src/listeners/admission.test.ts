import assert from "node:assert/strict";
import { test } from "node:test";
import { EventLog } from "../observe/event-log.ts";
import { simulatedHost } from "../simulation/simulated-host.ts";
import { TurnedAway } from "./turned-away.ts";
import { Admission } from "./admission.ts";

const pairs: readonly (readonly [name: string, one: string, other: string, same: boolean])[] = [
  ["an address", "192.0.2.1", "192.0.2.1", true],
  ["neighbours", "192.0.2.1", "192.0.2.2", false],
  ["a /64 of IPv6", "2001:db8::1", "2001:db8::ffff:2", true],
  ["two of them", "2001:db8::1", "2001:db8:0:1::1", false],
  ["clients that have gone", "", "", true],
];
for (const [name, one, other, same] of pairs) {
  test(`${name}: ${same ? "one client" : "two clients"}`, () => {
    const admission = new Admission(
      { maxConnections: 9, maxConnectionsPerAddress: 2 },
      new TurnedAway(new EventLog(simulatedHost())),
    );
    assert.ok(admission.enter(one) && admission.enter(one));
    assert.equal(admission.enter(other), !same);
    admission.leave(one);
    assert.ok(admission.enter(other));
  });
}

test("the log hears of it at once, then every ten seconds, with how many there were", () => {
  const host = simulatedHost();
  const turnedAway = new TurnedAway(new EventLog(host));
  const admission = new Admission({ maxConnections: 1, maxConnectionsPerAddress: 1 }, turnedAway);
  assert.ok(admission.hasRoom(0, "192.0.2.1"));
  for (let i = 0; i < 3; i++) assert.equal(admission.hasRoom(1, "192.0.2.1"), false);
  assert.ok(admission.enter("192.0.2.2"));
  assert.equal(admission.enter("192.0.2.2"), false);
  host.clock.advance(9999);
  assert.equal(admission.hasRoom(1, "192.0.2.3"), false);
  host.clock.advance(1);
  assert.equal(admission.hasRoom(1, "192.0.2.4"), false);
  assert.deepEqual(
    host.log.lines.map(({ fields }) => fields),
    [
      { code: "client.too_many_connections", clientAddress: "192.0.2.1", connections: 1 },
      { code: "client.too_many_connections_of_address", clientAddress: "192.0.2.2", connections: 1 },
      { code: "client.too_many_connections", clientAddress: "192.0.2.4", connections: 4 },
    ],
  );
});
