/** What a service is told is the same whichever way it is told: as text of HTTP/1.1, and as a Request to a function. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { ask } from "../handlers/fetch/testing.ts";
import { requestText } from "../services/request-text.ts";
import { testExchange, type TestRequest } from "../testing/exchange.ts";
import type { Exchange } from "./exchange.ts";

type Fields = Readonly<Record<string, string>>;

/** Addressing and framing: they say where a message goes and where it ends, and are each protocol's own. */
const OF_PROTOCOL: ReadonlySet<string> = new Set(["host", "content-length", "transfer-encoding"]);

const TRACE = "00-0af7651916cd43dd8448eb211c80319c";

/** What every service is told of the exchange that a test has. */
const ALWAYS: Fields = {
  "x-forwarded-for": "127.0.0.1",
  "x-forwarded-host": "gateway.test",
  "x-forwarded-proto": "http",
  "x-request-id": "0123456789abcdef",
  traceparent: `${TRACE}-b7ad6b7169203331-01`,
  via: "1.1 portcullis",
};

interface Case {
  readonly name: string;
  readonly request?: TestRequest;
  /** Flat, as policies set them. */
  readonly forwarded?: readonly string[];
  /** Beside what every service is told, or in its place; undefined where it is not told. */
  readonly told: Readonly<Record<string, string | undefined>>;
}

const cases: readonly Case[] = [
  { name: "what the gateway knows", told: {} },
  {
    name: "fields of the client that are its own",
    request: { headers: { accept: "text/plain", cookie: "a=b", authorization: "Bearer t" } },
    told: { accept: "text/plain", cookie: "a=b", authorization: "Bearer t" },
  },
  {
    name: "nothing that the client says in the gateway's place",
    request: {
      headers: {
        forwarded: "for=203.0.113.9",
        "x-forwarded-for": "203.0.113.9",
        "x-forwarded-host": "elsewhere.test",
        "x-forwarded-proto": "https",
        "x-forwarded-user": "root",
        "x-real-ip": "203.0.113.9",
        "x-request-id": "mine",
      },
    },
    told: {},
  },
  {
    name: "what a trusted proxy says of the client",
    request: { address: "192.0.2.1", scheme: "https", forwardedHost: "shop.test" },
    told: {
      "x-forwarded-for": "192.0.2.1",
      "x-forwarded-proto": "https",
      "x-forwarded-host": "shop.test",
    },
  },
  {
    name: "no host where the client named none",
    request: { authority: "" },
    told: { "x-forwarded-host": undefined },
  },
  {
    name: "the gateways before this one",
    request: { headers: { via: "1.0 first, 2 second" } },
    told: { via: "1.0 first, 2 second, 1.1 portcullis" },
  },
  {
    name: "what policies set",
    forwarded: ["x-user-id", "42", "x-plan", "gold"],
    told: { "x-user-id": "42", "x-plan": "gold" },
  },
  {
    name: "what policies set in place of what the client says",
    request: { headers: { "x-user-id": "1", "x-kept": "a" } },
    forwarded: ["x-user-id", "42"],
    told: { "x-user-id": "42", "x-kept": "a" },
  },
  {
    name: "vendors' state of a trace that goes on",
    request: { headers: { traceparent: `${TRACE}-00f067aa0ba902b7-01`, tracestate: "vendor=1" } },
    told: { tracestate: "vendor=1" },
  },
  {
    name: "no state of a trace that is invalid",
    request: { headers: { traceparent: "00-none", tracestate: "vendor=1" } },
    told: { tracestate: undefined },
  },
  {
    name: "no state of another trace",
    request: {
      headers: { traceparent: `00-${"1".repeat(32)}-00f067aa0ba902b7-01`, tracestate: "vendor=1" },
    },
    told: { tracestate: undefined },
  },
  {
    name: "no state without a trace",
    request: { headers: { tracestate: "vendor=1" } },
    told: { tracestate: undefined },
  },
];

function create({ request, forwarded }: Case): Exchange {
  const x = testExchange(request);
  for (let i = 0; i < (forwarded?.length ?? 0); i += 2) x.forwardHeader(forwarded![i]!, forwarded![i + 1]!);
  return x;
}

const ways: readonly { name: string; tell: (x: Exchange) => Promise<[string, string][]> }[] = [
  {
    name: "as text of HTTP/1.1",
    tell: (x) => {
      const [, ...lines] = requestText(x, "service.test:80").trimEnd().split("\r\n");
      return Promise.resolve(
        lines.map((line) => {
          const colon = line.indexOf(": ");
          return [line.slice(0, colon), line.slice(colon + 2)];
        }),
      );
    },
  },
  {
    name: "as a Request",
    tell: async (x) => {
      const seen: [string, string][] = [];
      await ask((request) => {
        seen.push(...request.headers);
        return new Response();
      }, x);
      return seen;
    },
  },
];

for (const way of ways) {
  for (const case_ of cases) {
    test(`a service is told, ${way.name}: ${case_.name}`, async () => {
      const told = await way.tell(create(case_));
      const fields = told.filter(([name]) => !OF_PROTOCOL.has(name));
      const expected = Object.entries({ ...ALWAYS, ...case_.told }).filter(
        ([, value]) => value !== undefined,
      );
      // Sorted, not made an object: a name that is told twice must be seen.
      assert.deepEqual(fields.toSorted(byName), expected.toSorted(byName));
    });
  }
}

function byName([one]: readonly unknown[], [other]: readonly unknown[]): number {
  return String(one) < String(other) ? -1 : 1;
}
