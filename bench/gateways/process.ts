/** What a gateway process of the bench is told: where to listen, and where the service is. */
export interface GatewayTask {
  readonly port: number;
  readonly serviceUrl: string;
}

/**
 * Runs a gateway as a process of its own: reads the task, starts it, and collects garbage when the bench asks.
 * It ends with the bench: a closed channel means that nobody is left to stop it.
 */
export async function runGateway(start: (task: GatewayTask) => Promise<unknown>): Promise<void> {
  process.once("disconnect", () => process.exit(0));
  process.on("message", () => {
    globalThis.gc?.();
    process.send?.("collected");
  });
  await start({ port: readPort("GATEWAY_PORT"), serviceUrl: `http://127.0.0.1:${readPort("SERVICE_PORT")}` });
}

function readPort(name: string): number {
  const port = Number(process.env[name]);
  if (!Number.isInteger(port) || port < 1) throw new Error(`${name} is not set`);
  return port;
}
