/**
 * `npm start`: three services as processes of their own, and the gateway in this one. Ctrl-C stops all four.
 */
import { randomBytes } from "node:crypto";
import { ConfigError, createGateway, type ConfigIssue, type Gateway } from "portcullis";
import { UNSUPPORTED_VARIABLES, URL_VARIABLES, variableAt, type ServiceName } from "./environment.ts";
import { startService, type ServiceProcess } from "./service-process.ts";

const NAMES = ["users", "orders", "products"] as const satisfies readonly ServiceName[];

/** npm passes on a Ctrl-C that the terminal has sent to everybody: what comes so soon after the first is the same one. */
const SAME_SIGNAL_MS = 1000;

const services: ServiceProcess[] = [];
let gateway: Gateway | undefined;
let stoppingSinceMs: number | undefined;

process.on("SIGINT", stop);
process.on("SIGTERM", stop);
if (process.env["npm_lifecycle_event"] !== undefined) stopWithParent();
await start().catch(fail);

async function start(): Promise<void> {
  const ownSecret = !process.env["JWT_SECRET"];
  // Never in the source: whoever reads it there could make tokens for anybody.
  if (ownSecret) process.env["JWT_SECRET"] = randomBytes(32).toString("hex");
  const { default: config } = await import("./portcullis.config.ts");
  // Put together once before anything runs: what is wrong is told at once.
  await createGateway(config).close();

  const own = NAMES.filter((name) => !process.env[URL_VARIABLES[name]]);
  await Promise.all(
    own.map(async (name) => services.push(await startService(name, (how) => tellEnd(name, how)))),
  );
  const urls = new Map(NAMES.map((name) => [name, process.env[URL_VARIABLES[name]]]));
  const configured = { ...config.services };
  for (const { name, url } of services) {
    urls.set(name, url);
    configured[name] = { ...configured[name], targets: [url] };
  }
  gateway = createGateway({ ...config, services: configured });
  const { url } = await gateway.start();
  printBanner(url, urls, ownSecret);
}

function printBanner(
  gatewayUrl: string,
  urls: ReadonlyMap<ServiceName, string | undefined>,
  ownSecret: boolean,
): void {
  const rows = [["gateway", gatewayUrl, `process ${process.pid}`]];
  for (const name of NAMES) {
    const pid = services.find((service) => service.name === name)?.pid;
    const place = pid === undefined ? `not started here: ${URL_VARIABLES[name]} is set` : `process ${pid}`;
    rows.push([name, urls.get(name) ?? "", place]);
  }
  const width = Math.max(...rows.map(([, url]) => url!.length));
  const table = rows.map(([name, url, place]) => `  ${name!.padEnd(8)}  ${url!.padEnd(width)}  ${place}`);

  const notes = [];
  if (ownSecret)
    notes.push("  JWT_SECRET is not set: tokens are signed with a random secret and end with this run.");
  const ignored = UNSUPPORTED_VARIABLES.filter((name) => process.env[name]);
  if (ignored.length > 0)
    notes.push(`  Without effect, since this version has nothing for them to set: ${ignored.join(", ")}.`);

  const parts = [
    `The shop is open on ${gatewayUrl}, behind Portcullis. Ctrl-C closes it.`,
    table.join("\n"),
    ...(notes.length > 0 ? [notes.join("\n")] : []),
    `Get a token, then use it in place of TOKEN:
  curl -X POST ${gatewayUrl}/api/token -H 'Content-Type: application/json' -d '{"user_id": "1", "role": "admin"}'
  curl -H 'Authorization: Bearer TOKEN' ${gatewayUrl}/api/v1/orders
  curl ${gatewayUrl}/health`,
  ];
  console.log(`\n${parts.join("\n\n")}\n`);
}

function tellEnd(name: ServiceName, how: string): void {
  console.error(
    `shop: the ${name} service ended ${how}; the gateway answers 503 for it until the shop is started again`,
  );
}

function stop(): void {
  const nowMs = performance.now();
  if (stoppingSinceMs === undefined) {
    stoppingSinceMs = nowMs;
    closeAll().then(
      () => process.exit(0),
      (error: unknown) => {
        console.error(error);
        process.exit(1);
      },
    );
  } else if (nowMs - stoppingSinceMs > SAME_SIGNAL_MS) {
    // Whoever asks again does not want to wait.
    process.exit(1);
  }
}

/** Whoever kills npm means what it runs, and a npm that is killed can pass nothing on. */
function stopWithParent(): void {
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    stop();
  }, 250);
  timer.unref();
}

/** The gateway first: what is in flight still needs the services. */
async function closeAll(): Promise<void> {
  await gateway?.close();
  await Promise.all(services.map((service) => service.stop()));
}

async function fail(error: unknown): Promise<void> {
  // A start that is broken off by a signal is no failure.
  if (stoppingSinceMs !== undefined) return;
  for (const line of new Set(explain(error))) console.error(`shop: ${line}`);
  await Promise.all(services.map((service) => service.stop()));
  process.exit(1);
}

function explain(error: unknown): string[] {
  if (error instanceof ConfigError) return error.issues.map(explainIssue);
  if (!(error instanceof Error)) return [String(error)];
  const { code, port, address } = error as NodeJS.ErrnoException & { port?: number; address?: string };
  const advice = `choose another, as in PORT=${port === 8001 ? 8002 : 8001} npm start`;
  if (code === "EADDRINUSE")
    return [`port ${port} of ${address} is in use: stop what listens there, or ${advice}`];
  if (code === "EACCES") return [`this user may not listen on port ${port}: ${advice}`];
  return [error.message];
}

function explainIssue({ path, message, hint }: ConfigIssue): string {
  return `${variableAt(path) ?? path.join(".")}: ${message}${hint === undefined ? "" : ` (${hint})`}`;
}
