import { createGateway, defineConfig, type Gateway } from "../../../src/index.ts";
import { RecordingService } from "../recording-service.ts";

/** What the service answers, whatever it is asked. */
const OK = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";
const OK_OF_HEAD = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n";

/** A head that this service answers before the body has come. */
const IS_EARLY = /^[A-Z]+ \/early[^]*\r\n\r\n/;

/** Answers everything with `ok`, and some of it before its body has come. */
export function listenRecording(): Promise<RecordingService> {
  return RecordingService.listen({
    whole: ({ method }) => (method === "HEAD" ? OK_OF_HEAD : OK),
    begun: (text) => {
      if (!IS_EARLY.test(text)) return undefined;
      return text.startsWith("HEAD ") ? OK_OF_HEAD : OK;
    },
  });
}

/** Of the tokens that are valid on `/admin`. */
export const SECRET = "a secret of the wire corpus, 32 bytes";

const jwt = {
  secret: SECRET,
  algorithms: ["HS256" as const],
  claimsToHeaders: { sub: "x-user-id" },
};

/** A gateway with what the cases speak of, in front of the service on `port`. */
export function startGateway(port: number): Gateway {
  const service = "backend";
  return createGateway(
    defineConfig({
      listen: { host: "127.0.0.1", port: 0 },
      log: { access: false, level: "error" },
      services: { [service]: { targets: [`http://127.0.0.1:${port}`], circuitBreaker: false } },
      limits: { target: "200b", head: "2000b", headerCount: 30, body: "1kb" },
      routes: [
        { path: "/*", service },
        { path: "/slash/{name}", service, encodedSlashes: true },
        { prefix: "/admin", policies: { jwt }, routes: [{ path: "/*", service }] },
        { path: "/*", host: "inner.example", policies: { jwt }, service },
        { path: "/form", method: "DELETE", policies: { jwt }, service },
        { path: "/pair/{a}/{b}", rewrite: "/pairs/{b}/{a}", service },
        { prefix: "/api", stripPrefix: true, routes: [{ path: "/*", service }] },
      ],
    }),
  );
}
