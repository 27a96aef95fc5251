/** The life of a service as a process of its own: listen, say so, stop when told. */
import { once } from "node:events";
import type { Server } from "node:http";
import { stopService } from "./service.ts";

export interface ProcessOptions {
  readonly name: string;
  /** Where it listens when `PORT` is not set. */
  readonly port: number;
  /** Makes the service over the database at this path, or over one in memory (`:memory:`). */
  readonly create: (databasePath: string) => Server;
}

/** What a service tells the process that started it, once it accepts connections. */
export interface Ready {
  readonly ready: true;
  readonly port: number;
}

/**
 * Runs a service until it is told to stop. Reads `HOST` (127.0.0.1), `PORT` (0: any free one) and
 * `DATABASE` (in memory). What cannot start says so in one line, with exit code 1.
 */
export async function runService(options: ProcessOptions): Promise<void> {
  try {
    const host = process.env["HOST"] || "127.0.0.1";
    const server = options.create(process.env["DATABASE"] || ":memory:");
    server.listen(readPort(process.env["PORT"], options.port), host);
    await once(server, "listening");
    stopWhenTold(server);
    announce(options.name, host, readBoundPort(server));
  } catch (error) {
    console.error(`${options.name}: ${explain(error)}`);
    process.exit(1);
  }
}

function readPort(text: string | undefined, fallback: number): number {
  if (!text) return fallback;
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Infinity;
  if (port > 65_535) throw new Error(`PORT is ${JSON.stringify(text)}; give a number from 0 to 65535`);
  return port;
}

function readBoundPort(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("listens on no port");
  return address.port;
}

/**
 * SIGTERM stops the service, and so does the end of the process that started it: nothing stays behind
 * on its port. Ctrl-C reaches a whole process group at once; whoever is started by another leaves it to
 * that one, which may have requests in flight that still need this service.
 */
function stopWhenTold(server: Server): void {
  const stop = (): void => {
    if (!server.listening) return;
    stopService(server, () => {
      if (process.connected) process.disconnect?.();
    });
  };
  process.once("SIGTERM", stop);
  if (process.send === undefined) {
    process.once("SIGINT", stop);
    return;
  }
  process.on("SIGINT", () => {});
  process.once("disconnect", stop);
  if (!process.connected) stop(); // the other process was gone before anyone listened for it
}

function announce(name: string, host: string, port: number): void {
  if (process.send === undefined) {
    console.log(`${name} listens on http://${host.includes(":") ? `[${host}]` : host}:${port}`);
    return;
  }
  const ready: Ready = { ready: true, port };
  // An error here means that the channel is gone; "disconnect" tells of that as well.
  if (process.connected) process.send(ready, () => {});
}

function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = "code" in error ? error.code : undefined;
  if (code === "EADDRINUSE") return `${error.message}; stop what listens there, or set PORT to another port`;
  if (code === "ERR_SQLITE_ERROR") return `${error.message}; set DATABASE to a file that can be written`;
  return error.message;
}
