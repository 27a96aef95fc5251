import assert from "node:assert/strict";
import { test } from "node:test";
import { parseConfig } from "../../config/parse.ts";
import type { Network } from "../../host/host.ts";
import { simulatedHost } from "../../simulation/simulated-host.ts";
import { silentWire } from "../../testing/silent-wire.ts";
import { Gateway } from "../../gateway/gateway.ts";

/** By the address of the peer, empty when it has gone before it was accepted: what the log says. */
const cases: readonly (readonly [address: string, codes: readonly string[]])[] = [
  ["", []],
  ["192.0.2.1", ["client.untrusted_proxy"]],
];

for (const [remoteAddress, codes] of cases) {
  test(`a connection from ${remoteAddress === "" ? "nobody" : remoteAddress} is closed, and the log has ${codes.length} lines`, async () => {
    let accept: Parameters<Network["listen"]>[1] | undefined;
    const network: Network = {
      connect: () => assert.fail("there are no services"),
      listen: async (address, accepting) => {
        accept = accepting;
        return { ...address, close: async () => {} };
      },
    };
    const host = simulatedHost({ network });
    const listen = { trustedProxies: ["10.0.0.0/8"], proxyProtocol: true };
    const gateway = new Gateway(parseConfig({ listen, routes: [] }), host);
    await gateway.start();
    let destroyed = 0;
    accept!(silentWire(remoteAddress, () => destroyed++));
    assert.equal(destroyed, 1);
    assert.deepEqual(
      host.log.lines.map(({ fields }) => (fields as { code: string }).code),
      codes,
    );
    await gateway.close();
  });
}
