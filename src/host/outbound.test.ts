import assert from "node:assert/strict";
import { createServer, type IncomingMessage, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, describe, it } from "node:test";
import { gzipSync } from "node:zlib";
import type { OutboundRequest } from "./host.ts";
import { noOutbound, OutboundError, nextAddress, systemOutbound } from "./outbound.ts";

describe("outbound requests", () => {
  let base = "";
  const seen: { request: IncomingMessage; body: string }[] = [];
  const answers: Readonly<Record<string, RequestListener>> = {
    "/ok": (_, response) => response.setHeader("Cache-Control", "max-age=60").end('{"keys":[]}'),
    "/teapot": (_, response) => response.writeHead(418).end("short and stout"),
    "/none": (_, response) => response.writeHead(204).end(),
    "/large": (_, response) => response.end("x".repeat(1001)),
    "/endless": (_, response) => {
      const write = (): void => {
        while (!response.destroyed && response.write("x".repeat(1000)));
      };
      response.on("drain", write);
      write();
    },
    "/packed": (_, response) =>
      response.setHeader("content-encoding", "gzip").end(gzipSync("x".repeat(1_000_000))),
    "/silent": () => {},
    "/slow": (_, response) => void response.write("a"),
    "/cut": (_, response) => {
      response.writeHead(200, { "content-length": "100" }).write("a");
      response.socket!.destroySoon();
    },
    "/there": (_, response) => response.writeHead(302, { location: "/ok" }).end(),
    "/loop": (_, response) => response.writeHead(307, { location: "/loop" }).end(),
    "/nowhere": (_, response) => response.writeHead(301).end(),
    "/plain": (_, response) => response.writeHead(302, { location: "http://example.com/" }).end(),
    "/file": (_, response) => response.writeHead(302, { location: "file:///etc/passwd" }).end(),
  };
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (part: Buffer) => (body += part.toString()));
    request.on("end", () => {
      seen.push({ request, body });
      answers[request.url!]!(request, response);
    });
  });

  before(async () => {
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  after(() => {
    server.closeAllConnections();
    server.close();
  });

  const send = (path: string, more: Partial<OutboundRequest> = {}) =>
    systemOutbound.send({ method: "GET", url: base + path, timeoutMs: 5000, maxBytes: 1000, ...more });

  it("give status, headers and body", async () => {
    const { status, headers, body } = await send("/ok");
    assert.equal(status, 200);
    assert.equal(headers.get("cache-control"), "max-age=60");
    assert.equal(Buffer.from(body).toString(), '{"keys":[]}');
    assert.equal((await send("/teapot")).status, 418);
    assert.equal((await send("/none")).body.length, 0);
    assert.equal((await send("/large", { maxBytes: 1001 })).body.length, 1001);
    assert.equal((await send("/there", { maxRedirects: 1 })).status, 200);
  });

  it("send a form with credentials", async () => {
    const form = { "content-type": "application/x-www-form-urlencoded", authorization: "Basic YTpi" };
    await send("/ok", { method: "POST", headers: form, body: "token=a%26b" });
    const { request, body } = seen.at(-1)!;
    assert.equal(request.method, "POST");
    assert.equal(request.headers["content-type"], form["content-type"]);
    assert.equal(request.headers.authorization, "Basic YTpi");
    assert.equal(body, "token=a%26b");
  });

  const failures: readonly [path: string, more: Partial<OutboundRequest>, reason: string][] = [
    ["/large", {}, "too_large"],
    ["/endless", {}, "too_large"],
    ["/packed", {}, "too_large"],
    ["/silent", { timeoutMs: 50 }, "timeout"],
    ["/slow", { timeoutMs: 50 }, "timeout"],
    ["/cut", {}, "unreachable"],
    ["/there", {}, "redirects"],
    ["/there", { maxRedirects: 5, method: "POST", body: "a=b" }, "redirects"],
    ["/there", { maxRedirects: 5, headers: { authorization: "Basic YTpi" } }, "redirects"],
    ["/loop", { maxRedirects: 5 }, "redirects"],
    ["/nowhere", { maxRedirects: 5 }, "redirects"],
    ["/plain", { maxRedirects: 5 }, "insecure"],
    ["/file", { maxRedirects: 5 }, "insecure"],
    ["", { url: "http://example.com/" }, "insecure"],
    ["", { url: "ftp://127.0.0.1/" }, "insecure"],
    ["", { url: "data:,a" }, "insecure"],
    ["", { url: "https://user:password@127.0.0.1/" }, "insecure"],
    ["", { url: "nonsense" }, "insecure"],
    ["", { url: "http://127.0.0.1:1/" }, "unreachable"],
    ["", { url: "http://[::1]:1/" }, "unreachable"],
    ["", { url: "https://127.0.0.1:1/" }, "unreachable"],
  ];
  for (const [path, more, reason] of failures) {
    it(`${path}${JSON.stringify(more)}: ${reason}`, async () => {
      await assert.rejects(send(path, more), (error) => {
        assert.ok(error instanceof OutboundError);
        assert.equal(error.reason, reason);
        return true;
      });
    });
  }

  it("follow no more redirects than they may", async () => {
    const before = seen.length;
    await assert.rejects(send("/loop", { maxRedirects: 3 }));
    assert.equal(seen.length - before, 4);
  });

  it("are sent elsewhere, but not to this machine by others", () => {
    const from = new URL("https://id.example.com/a/b");
    assert.equal(nextAddress("../c", from).href, "https://id.example.com/c");
    assert.equal(nextAddress("https://example.com/", from).href, "https://example.com/");
    for (const location of [
      "https://127.0.0.1/",
      "http://[::1]/",
      "https://localhost/",
      "//127.1/",
      "http://0x7f000001/",
    ])
      assert.throws(() => nextAddress(location, from), { reason: "insecure" });
  });

  it("reach nobody where nobody may be asked", async () => {
    await assert.rejects(
      noOutbound.send({ method: "GET", url: base, timeoutMs: 1, maxBytes: 1 }),
      OutboundError,
    );
  });
});
