import { Buffer } from "node:buffer";
import type { Handler } from "../../core/handler.ts";
import type { Reply } from "../../core/reply.ts";
import type { HandlerKind } from "../../contract/handler-kind.ts";
import { respondConfig } from "./schema.ts";

/** Answers every request with the same reply, made once. */
export const respondHandler: HandlerKind<"respond", typeof respondConfig> = {
  name: "respond",
  summary: "Answers with a fixed status, headers and body.",
  config: respondConfig,
  refusals: [],
  create(config): Handler {
    const headers: string[] = [];
    for (const [name, value] of Object.entries(config.headers)) headers.push(name.toLowerCase(), value);
    const text = config.json === undefined ? config.body : JSON.stringify(config.json);
    if (text !== undefined && !headers.some((name, i) => i % 2 === 0 && name === "content-type")) {
      headers.push(
        "content-type",
        config.json === undefined ? "text/plain; charset=utf-8" : "application/json",
      );
    }
    const reply: Reply =
      text === undefined
        ? { status: config.status, headers }
        : { status: config.status, headers, body: Buffer.from(text) };
    return { handle: () => reply };
  },
};
