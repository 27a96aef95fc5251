/** What a client with a valid token says of itself beside it: the service hears what the token says, and nothing else. */
import { createHmac } from "node:crypto";
import { chunked, get, passed, type ClientCase, type Threat } from "./client-case.ts";
import { SECRET } from "./stage.ts";

const FORGED = "forged";

const base64url = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");

function bearer(claims: object): string {
  // Valid until 2100.
  const signed = `${base64url({ alg: "HS256" })}.${base64url({ exp: 4_102_444_800, ...claims })}`;
  return `Authorization: Bearer ${signed}.${createHmac("sha256", SECRET).update(signed).digest("base64url")}\r\n`;
}

const TOKEN = bearer({ sub: "7" });
const CALLER = { "x-user-id": "7" };

/** The service sees who calls, whatever else these lines say. */
const calls = (what: string, lines: string): ClientCase =>
  passed(what, get("/admin/x", lines), { method: "GET", target: "/admin/x", fields: CALLER });

/** Nobody of that name is let in. */
const unfit = (what: string, sub: string): ClientCase => ({
  what,
  bytes: get("/admin/x", bearer({ sub })),
  answers: [401],
});

export const TOKENS: readonly Threat[] = [
  {
    threat: "a valid token beside what says otherwise",
    cases: [
      calls("the token alone", TOKEN),
      calls("a forged field before it", `X-User-Id: ${FORGED}\r\n${TOKEN}`),
      calls("one behind it, in odd case", `${TOKEN}x-USER-id: ${FORGED}\r\n`),
      calls("several", `X-User-Id: ${FORGED}\r\n${TOKEN}X-User-Id: ${FORGED}\r\nX-User-Id:\r\n`),
      // CVE-2021-32813, CVE-2026-33805.
      calls("Connection names what the gateway will say", `Connection: x-user-id\r\n${TOKEN}`),
      calls("and the forged field", `Connection: close-not, X-User-Id\r\nX-User-Id: ${FORGED}\r\n${TOKEN}`),
      calls(
        "Connection names everything",
        `Connection: x-user-id, x-forwarded-for, x-forwarded-proto, x-request-id, traceparent, via, host\r\n${TOKEN}`,
      ),
      calls(
        "Keep-Alive and Proxy-Connection name it",
        `Keep-Alive: x-user-id\r\nProxy-Connection: x-user-id\r\n${TOKEN}`,
      ),
      calls("a method override", `X-HTTP-Method-Override: DELETE\r\n${TOKEN}`),
      passed(
        "a forged field in the trailers",
        chunked("/admin/x", `0\r\nX-User-Id: ${FORGED}\r\nX-Sum: 1\r\n\r\n`, TOKEN),
        { target: "/admin/x", fields: CALLER, trailers: { "x-user-id": null, "x-sum": "1" } },
      ),
      passed(
        "and Trailer announces it",
        chunked("/admin/x", `0\r\nX-User-Id: ${FORGED}\r\n\r\n`, `Trailer: X-User-Id\r\n${TOKEN}`),
        {
          target: "/admin/x",
          fields: CALLER,
          trailers: { "x-user-id": null },
        },
      ),
      {
        what: "Connection names the token, and there is none",
        bytes: get("/admin/x", `Connection: Authorization\r\n${TOKEN}`),
        answers: ["jwt.missing"],
      },
      {
        what: "a second Authorization without a value",
        bytes: get("/admin/x", `Authorization:\r\n${TOKEN}`),
        answers: ["http.repeated_authorization"],
      },
      {
        what: "another caller behind it on the connection",
        bytes: get("/admin/x", TOKEN) + get("/admin/y", bearer({ sub: "8" })) + get("/admin/z"),
        answers: ["ok", "ok", "jwt.missing"],
        seen: [
          { target: "/admin/x", fields: CALLER },
          { target: "/admin/y", fields: { "x-user-id": "8" } },
        ],
      },
      {
        what: "nobody behind it, where nobody is asked for",
        bytes: get("/admin/x", TOKEN) + get("/a", `X-User-Id: ${FORGED}\r\n`),
        answers: ["ok", "ok"],
        seen: [
          { target: "/admin/x", fields: CALLER },
          { target: "/a", fields: { "x-user-id": null } },
        ],
      },
    ],
  },
  {
    threat: "claims that are no value of a field",
    cases: [
      unfit("CR LF and a field", "7\r\nX-Admin: 1"),
      unfit("LF", "7\nX-Admin: 1"),
      unfit("CR", "7\rX-Admin: 1"),
      unfit("NUL", "7\0"),
      // Cut to one byte a character, these would end a line: they go on as UTF-8.
      passed("LF beyond one byte", get("/admin/x", bearer({ sub: "7\u010aX-Admin: 1" })), {
        target: "/admin/x",
        fields: { "x-user-id": "7\xc4\x8aX-Admin: 1", "x-admin": null },
      }),
      passed("a line separator", get("/admin/x", bearer({ sub: "7\u2028X-Admin: 1" })), {
        target: "/admin/x",
        fields: { "x-user-id": "7\xe2\x80\xa8X-Admin: 1", "x-admin": null },
      }),
    ],
  },
];
