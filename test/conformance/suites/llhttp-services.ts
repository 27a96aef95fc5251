import { createGateway } from "../../../src/index.ts";
import type { RawMessage } from "../../e2e/raw-peer.ts";
import { RawPeer, RawService } from "../../e2e/raw-peer.ts";
import { readResponse } from "../h1/readings.ts";
import type { LlhttpCase } from "./llhttp-cases.ts";
import type { CaseOutcome } from "./outcome.ts";
import { shown } from "./outcome.ts";
import { suiteConfig } from "./stage.ts";

/**
 * Lets a service answer with the bytes of each response case: a client must get what the strict reading has, or a refusal, or a
 * response that is visibly cut short; and the next client must get its own answer.
 */
export async function runAsService(cases: readonly LlhttpCase[]): Promise<CaseOutcome[]> {
  let answer = "";
  let fin = false;
  const service = await RawService.listen((request, peer) => {
    if (request.line.startsWith("POST /canary ")) {
      peer.write(`HTTP/1.1 200 OK\r\ncontent-length: ${request.body.length}\r\n\r\n${request.body}`);
      return;
    }
    peer.write(answer);
    if (fin) peer.socket.end();
  });
  const gateway = createGateway(suiteConfig(service.url));
  const { port } = await gateway.start();
  const outcomes: CaseOutcome[] = [];
  for (const { kind, name, input, skipsBody } of cases) {
    if (kind === "request") continue;
    const method = skipsBody ? "HEAD" : "GET";
    answer = input;
    // A service that closes its connection hides what lies behind a response: closed only where there is no end otherwise.
    fin = readResponse(input, { method }).complete.length === 0;
    const wrong = judge(input, fin, method, await ask(port, method)) ?? (await askForCanary(port, name));
    outcomes.push({
      name,
      verdict: wrong === undefined ? "agrees" : "finding",
      ...(wrong === undefined ? {} : { why: wrong, detail: shown(input, 600) }),
    });
  }
  await gateway.close();
  service.close();
  return outcomes;
}

/** The final answer, undefined when it was cut short. */
async function ask(port: number, method: string): Promise<RawMessage | undefined> {
  const client = await RawPeer.connect(port);
  client.write(`${method} / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`);
  try {
    for (;;) {
      const message = await client.takeMessage(method === "HEAD");
      if (!/ 1\d\d /.test(message.line)) return message;
    }
  } catch {
    if (client.fate === "open") throw new Error("no answer came, and no end");
    return undefined;
  } finally {
    client.destroy();
  }
}

function judge(input: string, fin: boolean, method: string, got: RawMessage | undefined): string | undefined {
  const { complete, refused, detail } = readResponse(input, { method, fin });
  const read = complete[0];
  if (read === undefined) {
    const code = /"code":"([^"]*)"/.exec(got?.body ?? "")?.[1];
    if (got === undefined || (got.line.includes(" 502 ") && (code === refused || code === "service.broken")))
      return undefined;
    if (method === "HEAD" && got.line.includes(" 502 ")) return undefined;
    return `refused by the codec (${detail}), but the client got ${shown(got.line + got.body)}`;
  }
  if (got === undefined) return "the client got a response cut short";
  const status = Number(/^HTTP\/1\.1 (\d+)/.exec(got.line)?.[1]);
  return status === read.head.status && got.body === read.body
    ? undefined
    : `the client got ${shown(got.line + got.body)}`;
}

async function askForCanary(port: number, text: string): Promise<string | undefined> {
  const client = await RawPeer.connect(port);
  client.write(
    `POST /canary HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: ${text.length}\r\n\r\n${text}`,
  );
  await client.ended();
  client.destroy();
  return client.received.endsWith(`\r\n\r\n${text}`)
    ? undefined
    : `the next client got ${shown(client.received)}`;
}
