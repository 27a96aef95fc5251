/**
 * `npm start`: three services as processes of their own, and the gateway in this one. Ctrl-C stops all four.
 */
import { randomBytes } from "node:crypto";
import { ConfigError, createGateway, type Gateway } from "portcullis";
import { UNSUPPORTED_VARIABLES, URL_VARIABLES, type ServiceName } from "./environment.ts";
import { startService, type ServiceProcess } from "./service-process.ts";

const NAMES = ["users", "orders", "products"] as const satisfies readonly ServiceName[];
const services: ServiceProcess[] = [];
let gateway: Gateway | undefined;
let stopping = false;

process.on("SIGINT", stop);
process.on("SIGTERM", stop);
await start().catch(fail);

async function start(): Promise<void> {
  const ownSecret = !process.env["JWT_SECRET"];
  // Never in the source: whoever reads it there could make tokens for anybody.
  if (ownSecret) process.env["JWT_SECRET"] = randomBytes(32).toString("hex");
  const own = NAMES.filter((name) => !process.env[URL_VARIABLES[name]]);
  services.push(...(await Promise.all(own.map(startService))));
  for (const { name, url } of services) process.env[URL_VARIABLES[name]] = url;

  const { default: config } = await import("./portcullis.config.ts");
  gateway = createGateway(config);
  const { url } = await gateway.start();
  printBanner(url, ownSecret);
}

function printBanner(gatewayUrl: string, ownSecret: boolean): void {
  const rows = [`  gateway   ${gatewayUrl}   (process ${process.pid})`];
  for (const name of NAMES) {
    const url = process.env[URL_VARIABLES[name]];
    const pid = services.find((service) => service.name === name)?.pid;
    rows.push(`  ${name.padEnd(9)} ${url}   (${pid === undefined ? "not started here" : `process ${pid}`})`);
  }
  const ignored = UNSUPPORTED_VARIABLES.filter((name) => process.env[name]);
  console.log(`
The shop is open behind Portcullis. Ctrl-C closes it.

${rows.join("\n")}
${ownSecret ? "\n  JWT_SECRET was not set: tokens are signed with a random one, and are worthless after this run.\n" : ""}${
    ignored.length > 0 ? `\n  Without effect, because this version does not have what they set: ${ignored.join(", ")}.\n` : ""
  }
Try it:

  curl -X POST ${gatewayUrl}/api/token -H 'Content-Type: application/json' -d '{"user_id": "1", "role": "admin"}'
`);
}

function stop(): void {
  // A second signal does not wait.
  if (stopping) process.exit(1);
  stopping = true;
  closeAll().then(() => process.exit(0), fail);
}

/** The gateway first: what is in flight still needs the services. */
async function closeAll(): Promise<void> {
  await gateway?.close();
  await Promise.all(services.map((service) => service.stop()));
}

async function fail(error: unknown): Promise<void> {
  const lines = error instanceof ConfigError ? error.message.split("\n") : [explain(error)];
  for (const line of lines) console.error(`shop: ${line}`);
  await Promise.all(services.map((service) => service.stop()));
  process.exit(1);
}

function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code } = error as NodeJS.ErrnoException;
  if (code === "EADDRINUSE") return `${error.message}; stop what listens there, or start with PORT=8001 npm start`;
  if (code === "EACCES") return `${error.message}; choose a port from 1024 on, such as PORT=8001 npm start`;
  return error.message;
}
