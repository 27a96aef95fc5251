/** The shop for tests: as processes, as a user starts it, and in this process, where time and services can be had. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createServer, type IncomingMessage, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import type { TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import type { ConfigInput } from "portcullis";
import { createOrdersServer } from "../../examples/shop/services/orders/server.ts";
import { createProductsServer } from "../../examples/shop/services/products/server.ts";
import { createUsersServer } from "../../examples/shop/services/users/server.ts";
import { parseConfig } from "../../src/config/parse.ts";
import { systemClock } from "../../src/host/clock.ts";
import type { Clock } from "../../src/host/host.ts";
import { systemNetwork } from "../../src/host/sockets.ts";
import { createAccessLog } from "../../src/observe/access-log.ts";
import { simulatedHost, type RecordedLog } from "../../src/simulation/simulated-host.ts";
import { Gateway } from "../../src/gateway/gateway.ts";

type Environment = Readonly<Record<string, string>>;

const START = fileURLToPath(new URL("../../examples/shop/start.ts", import.meta.url));
const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const CONFIG = new URL("../../examples/shop/portcullis.config.ts", import.meta.url).href;
const VARIABLES =
  /^(?:HOST|PORT|ADMIN_PORT|USERS_URL|ORDERS_URL|PRODUCTS_URL|JWT_SECRET|RATE_LIMIT|BODY_LIMIT|WORKERS|REDIS_URL|DATABASE|npm_.*)$/;

/** This process's environment without what the shop reads, and with `changes`. */
function cleanEnvironment(changes: Environment): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !VARIABLES.test(name));
  return { ...Object.fromEntries(kept), ...changes };
}

const THE_PROCESS = [process.execPath, "--conditions=portcullis-source", START];
export const BY_NPM = ["npm", "start"];

/** The shop on a free port unless told, in a process group of its own. */
function spawnShop(
  t: Pick<TestContext, "after">,
  changes: Environment,
  command: readonly string[],
): ChildProcess {
  const child = spawn(command[0]!, command.slice(1), {
    cwd: ROOT,
    env: cleanEnvironment({ PORT: "0", ...changes }),
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  t.after(() => {
    try {
      process.kill(-child.pid!, "SIGKILL");
    } catch {
      // Nobody of the group is left.
    }
  });
  return child;
}

export interface ShopProcess {
  readonly child: ChildProcess;
  readonly url: string;
  /** Of the gateway and the services, as the banner tells them. */
  readonly pids: Readonly<Record<string, number>>;
  /** What it has written so far. */
  stdout(): string;
  stderr(): string;
  /** The exit code and signal. */
  readonly ended: Promise<unknown[]>;
}

/** Starts the shop's processes and waits for the banner. */
export async function startShop(
  t: Pick<TestContext, "after">,
  changes: Environment = {},
  command: readonly string[] = THE_PROCESS,
): Promise<ShopProcess> {
  const child = spawnShop(t, changes, command);
  const ended = once(child, "exit");
  let stdout = "";
  let stderr = "";
  child.stderr!.setEncoding("utf8").on("data", (chunk: string) => (stderr += chunk));
  const url = await new Promise<string>((resolve, reject) => {
    child.stdout!.setEncoding("utf8").on("data", (chunk: string) => {
      stdout += chunk;
      const banner = /^The shop is open on (http:\S+),[^]*\/health\n/m.exec(stdout);
      if (banner !== null) resolve(banner[1]!);
    });
    child.once("exit", (code) => reject(new Error(`the shop ended with exit code ${code}: ${stderr}`)));
  });
  const rows = stdout.matchAll(/^ {2}(\w+) +http:\S+ +process (\d+)$/gm);
  const pids = Object.fromEntries([...rows].map(([, name, pid]) => [name!, Number(pid)]));
  return { child, url, pids, stdout: () => stdout, stderr: () => stderr, ended };
}

/** Runs the shop to its end, which is expected to come by itself. */
export async function runShop(
  t: Pick<TestContext, "after">,
  changes: Environment,
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const child = spawnShop(t, changes, THE_PROCESS);
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout!),
    text(child.stderr!),
    once(child, "exit"),
  ]);
  return { code, stdout, stderr };
}

export interface OpenShop {
  readonly url: string;
  readonly port: number;
  readonly gateway: Gateway;
  readonly log: RecordedLog;
  /** The lines of the access log so far, parsed. */
  readonly accessLog: readonly Record<string, unknown>[];
}

export interface OpenOptions {
  readonly environment?: Environment;
  /** The machine's own unless told. */
  readonly clock?: Clock;
  /** Answer in place of the shop's own services. */
  readonly services?: Readonly<Partial<Record<"users" | "orders" | "products", RequestListener>>>;
  /** Makes another config of the shop's. */
  readonly change?: (config: ConfigInput) => ConfigInput;
}

/** Opens the shop in this process: its config, and services that are the shop's own unless told. */
export async function openShop(t: TestContext, options: OpenOptions = {}): Promise<OpenShop> {
  const { environment = {}, clock = systemClock, services = {}, change = (config) => config } = options;
  const own = { users: createUsersServer, orders: createOrdersServer, products: createProductsServer };
  const targets: Record<string, { targets: string[] }> = {};
  const config = await importConfig(t, {
    PORT: "0",
    JWT_SECRET: "a secret of thirty-two bytes or so",
    ...environment,
  });
  for (const name of ["users", "orders", "products"] as const) {
    const answer = services[name];
    const server = answer === undefined ? own[name]() : createServer(answer);
    targets[name] = { ...config.services![name], targets: [`http://127.0.0.1:${await listen(t, server)}`] };
  }

  const log = simulatedHost().log;
  const accessLog: Record<string, unknown>[] = [];
  const writeLine = (line: string): void => void accessLog.push(JSON.parse(line));
  const host = { ...simulatedHost(), clock, network: systemNetwork, log };
  const gateway = new Gateway(parseConfig(change({ ...config, services: targets })), host, {
    observers: () => [createAccessLog({ writes: () => true, writeLine }, clock)],
  });
  const { url, port } = await gateway.start();
  t.after(() => gateway.close());
  return { url, port, gateway, log, accessLog };
}

let imports = 0;

/** The config as it is under that environment, which is there until the test is over: it reads it when it is imported. */
async function importConfig(t: TestContext, environment: Environment): Promise<ConfigInput> {
  const before = { ...process.env };
  t.after(() => {
    for (const name of Object.keys(environment)) delete process.env[name];
    Object.assign(process.env, before);
  });
  for (const name of Object.keys(process.env)) if (VARIABLES.test(name)) delete process.env[name];
  Object.assign(process.env, environment);
  const module = (await import(`${CONFIG}?${++imports}`)) as { default: ConfigInput };
  return module.default;
}

async function listen(t: TestContext, server: Server): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return (server.address() as AddressInfo).port;
}

/** A token for that user, from the shop's own token route. */
export async function fetchToken(url: string, userId = "1", role = "user"): Promise<string> {
  const body = JSON.stringify({ user_id: userId, role });
  const headers = { "content-type": "application/json" };
  const { json } = await ask(`${url}/api/token`, { method: "POST", headers, body });
  return String(json["token"]);
}

export interface Result {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The text as JSON. */
  readonly json: Record<string, unknown>;
}

export interface AskInit extends RequestInit {
  readonly headers?: Record<string, string>;
}

/** On a connection of its own: time that is moved by hand ends kept ones just as they are used again. */
export async function ask(url: string, init: AskInit = {}): Promise<Result> {
  const response = await fetch(url, { ...init, headers: { ...init.headers, connection: "close" } });
  const body = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    text: body,
    json: body.startsWith("{") ? (JSON.parse(body) as Record<string, unknown>) : {},
  };
}

export function bearer(token: string): { authorization: string } {
  return { authorization: `Bearer ${token}` };
}

/** The values of a field as they came, in order. */
export function rawValues(request: IncomingMessage, name: string): string[] {
  const { rawHeaders } = request;
  return rawHeaders.filter((_, i) => i % 2 === 1 && rawHeaders[i - 1]!.toLowerCase() === name);
}
