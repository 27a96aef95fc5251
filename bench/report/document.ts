import { loadConnections } from "../measure/load.ts";
import type { Results } from "../results.ts";
import { shopBody } from "../shop.ts";
import type { Verdict } from "./bounds.ts";
import { makePeerTable, makeRoundTable, makeVerdictTable, renderMarkdown } from "./tables.ts";

function renderRouting({ routing }: Results): string {
  if (routing === undefined) return "";
  return ` Among 10
  it takes ${routing.nanosecondsAmongFew.toFixed(0)} ns. Requests that go to all 10,000 in turn take ${routing.spreadRatio.toFixed(1)} times that: their routes do not fit
  into the processor's nearest cache.`;
}

/** docs/benchmarks.md: the figures, and how to judge them. */
export function renderDocument(results: Results, verdicts: readonly Verdict[]): string {
  const { machine, pinning } = results;
  const versions = Object.entries(results.versions).map(([name, version]) => `${name} ${version}`);
  return `# Benchmarks

This page is written by \`npm run bench\`; edit \`bench/report/document.ts\`, not this file. The same figures, round
by round, are in \`bench/results.json\`.

A ${results.mode} run of ${results.date}: ${results.rounds} rounds of ${results.windowSeconds} s a peer, on ${machine.cores} cores (${machine.cpuModel}),
${(machine.memoryBytes / 1024 ** 3).toFixed(0)} GB of memory, Linux ${machine.kernel}.
${versions.join(", ")}.

## What must be reached

${renderMarkdown(makeVerdictTable(verdicts))}

Ratios are medians of the ratios within each round; the ratio of the two medians stands beside them.

## The peers

${renderMarkdown(makePeerTable(results))}

Every figure is the median over the rounds. CPU time is the figure to compare: ${
    pinning === undefined
      ? "nothing was pinned to a core in this run, so gateway, service and client compete"
      : "the service and the client share the other core, and they, not the gateway, bound the requests per second of the cheapest peers"
  }.

CPU µs per request, round by round:

${renderMarkdown(makeRoundTable(results.load))}

## How it is measured

- **One machine, one run, interleaved.** All peers are started first; then each is measured in turn, round after
  round (A B C A B C ...), so that what the machine does in a minute befalls all of them. Before the first
  round each serves ${results.warmUpSeconds} s of load, since Node.js compiles hot code while it runs.
- **One process, one thread.** nginx has one worker, HAProxy one thread, the Node.js gateways one process. ${
    pinning === undefined
      ? "Nothing was pinned."
      : "The gateway under test is pinned to one core; the service and the client share another."
  }
- **The service** is an nginx that answers ${Buffer.byteLength(shopBody)} bytes of JSON from its config, over kept-alive connections.
- **The client** is wrk with ${loadConnections} connections and one thread. It sends a token, an Origin and no Accept-Encoding: HAProxy
  2.6 would compress even a body this small.
- **CPU per request** is user and system time of the gateway's process from \`/proc/PID/stat\`, all threads, before
  and after a window, over the requests that wrk counted in it.
- **Before it is measured**, each peer is asked whether it does the work: it must forward; one with the shop's
  policies must refuse a missing, an expired and a forged token, replace forged identity headers by those of the
  claims, keep the token to itself, answer rate-limit and CORS headers, and know no other path. A run in which any answer is a refusal fails.
- **Memory** is \`Rss\` of \`/proc/PID/smaps_rollup\`. "resident MB" is read at the end of each window. The other two
  figures are taken on a fresh process after one second of load. Idle connections: ${results.idleConnections} are opened, each serves
  one request and stays open; the growth is divided by their number. Where there is a garbage collector it runs
  before both readings. Slow reader: a client asks for 256 MB, reads nothing for two seconds, then some 128 MB a
  second; the figure is the growth at its peak, garbage included.
- **Routing** is the router alone, in interleaved rounds. The same requests, with 10,000 distinct paths, are routed
  among 10 routes and among 10,000 of which those are a part, so that nothing but the number of routes differs.${renderRouting(results)}
- **Access logs are off**, except in the rows that say so; there they go to a file.

## What the peers do

| policy | Portcullis | HAProxy | Fastify |
| --- | --- | --- | --- |
| rate limit by address, headers on every answer | \`rateLimit\` | stick table with \`http_req_rate\` | @fastify/rate-limit |
| JWT HS256, signature and expiry | \`jwt\`, with its cache | \`jwt_verify\` and claims, each time anew | @fastify/jwt, cache on |
| identity headers from the claims only, token not forwarded | \`claimsToHeaders\` | \`del-header\`, \`set-header\` | \`rewriteRequestHeaders\` |
| CORS | \`cors\` | \`http-after-response\`, preflight answered | @fastify/cors |
| compression | \`compress\` | \`compression algo gzip\` | none |
| circuit breaker | \`circuitBreaker\` | \`observe layer7\`, \`on-error mark-down\` | none |
| routes to three services | \`routes\` | \`use_backend\` | @fastify/http-proxy three times |

Limits are so high that every request is counted and none refused. Portcullis also answers \`X-Request-Id\`, sends
\`traceparent\` and \`Via\` on in all its rows, and with the policies writes \`RateLimit\` and \`RateLimit-Policy\`; no peer
was asked to. What Fastify lacks beside the others is in its favour. fast-gateway and nginx forward without any policy.

## Run it yourself

\`\`\`sh
npm run bench -- --quick      # two to three minutes
npm run bench                 # about ten
npm run bench -- --help
\`\`\`

It needs Linux, and nginx, HAProxy and wrk: run as root on Debian it installs those that lack, else it names them.
`;
}
