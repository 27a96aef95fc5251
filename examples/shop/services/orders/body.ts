/** Reading a request body that has to be a JSON object. */
import type { IncomingMessage } from "node:http";
import { Refusal } from "../service.ts";

/**
 * Reads the body, at most `limitBytes` of it. Refuses with 415 a body that is not said to be JSON, with
 * 413 one that is too long, with 400 one that is no JSON object in UTF-8.
 */
export async function readJsonObject(
  request: IncomingMessage,
  limitBytes: number,
): Promise<Readonly<Record<string, unknown>>> {
  const mediaType = request.headers["content-type"]?.split(";", 1)[0]?.trim().toLowerCase();
  if (mediaType !== "application/json") throw new Refusal(415, "Content-Type must be application/json");

  const value = parse(await readBytes(request, limitBytes));
  if (!isObject(value)) throw new Refusal(400, "Body must be a JSON object");
  return value;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * What is past the limit is read and dropped, and not cut off: closing a socket that holds unread bytes
 * resets it, and with that the client can lose the 413.
 */
async function readBytes(request: IncomingMessage, limitBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let receivedBytes = 0;
  for await (const chunk of request as AsyncIterable<Uint8Array>) {
    receivedBytes += chunk.length;
    if (receivedBytes <= limitBytes) chunks.push(chunk);
  }
  if (receivedBytes > limitBytes) throw new Refusal(413, "Body too large");
  return Buffer.concat(chunks);
}

function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    return undefined;
  }
}
