import { once } from "node:events";
import { createServer } from "node:http";
import type { ServerResponse } from "node:http";
import { exportBytes, exportPath, shopBody, tricklePath } from "../shop.ts";

/**
 * A service with one very long answer, written no faster than its reader takes it, and one that comes a byte at a time; else
 * it reads the request's body and gives the shop's answer.
 */
const trickleEveryMs = 100;
const chunk = Buffer.alloc(64 * 1024, "x");

const server = createServer({ keepAliveTimeout: 3_600_000 }, (request, response) => {
  // Some gateways add a bare "?".
  const path = request.url?.split("?")[0];
  if (path === exportPath) streamExport(response).catch(() => response.destroy());
  else if (path === tricklePath) trickle(response);
  else request.resume().once("end", () => answer(response));
});

function answer(response: ServerResponse): void {
  response.setHeader("content-type", "application/json");
  response.setHeader("content-length", Buffer.byteLength(shopBody));
  response.end(shopBody);
}

function trickle(response: ServerResponse): void {
  response.setHeader("content-type", "application/octet-stream");
  response.setHeader("content-length", exportBytes);
  const timer = setInterval(() => response.write("x"), trickleEveryMs);
  response.once("close", () => clearInterval(timer));
}

async function streamExport(response: ServerResponse): Promise<void> {
  const gone = new AbortController();
  response.once("close", () => gone.abort());
  response.setHeader("content-type", "application/octet-stream");
  response.setHeader("content-length", exportBytes);
  for (let sent = 0; sent < exportBytes; sent += chunk.length) {
    if (!response.write(chunk)) await once(response, "drain", { signal: gone.signal });
  }
  response.end();
}

process.once("disconnect", () => process.exit(0));
server.listen(Number(process.env["SERVICE_PORT"]), "127.0.0.1");
