import type { Handler } from "../../core/handler.ts";
import type { Reply } from "../../core/reply.ts";
import type { HandlerKind } from "../../contract/handler-kind.ts";
import type { GatewayView } from "../../contract/around.ts";
import { healthConfig } from "./schema.ts";

/** Tells how the gateway and the circuits of its services are. */
export const healthHandler: HandlerKind<"health", typeof healthConfig> = {
  name: "health",
  summary: "Tells how the gateway is: its services' circuits, or a live or ready probe.",
  config: healthConfig,
  refusals: [],
  create({ probe }, { gateway }): Handler {
    if (probe === "live") return { handle: () => LIVE };
    if (probe === "ready") return { handle: () => (gateway.ready() ? READY : NOT_READY) };
    return { handle: () => describeHealth(gateway) };
  },
};

const LIVE = report(200, { status: "live" });
const READY = report(200, { status: "ready" });
const NOT_READY = report(503, { status: "not ready" });

/** 200 also when degraded: one ill service is no reason to take the gateway away from all others. */
function describeHealth(gateway: GatewayView): Reply {
  const circuits = gateway.circuits();
  let status = "healthy";
  // A half-open circuit still turns away all requests but its probe.
  for (const state of circuits.values()) if (state !== "closed") status = "degraded";
  return report(200, { status, circuits: Object.fromEntries(circuits) });
}

function report(status: number, body: object): Reply {
  return {
    status,
    headers: ["content-type", "application/json", "cache-control", "no-store"],
    body: JSON.stringify(body),
  };
}
