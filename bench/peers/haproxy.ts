import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { openFilesLimit } from "../machine.ts";
import { findFreePort, waitForPort } from "../network.ts";
import { processId } from "../processes.ts";
import { shopLimit, shopSecret } from "../shop.ts";
import type { Peer, PeerPlace, RunningPeer } from "./peer.ts";

export const haproxyPlain = {
  name: "haproxy-plain",
  title: "HAProxy, plain proxy",
  software: "haproxy",
  policies: "none",
  accessLog: false,
  start: (place) => startHaproxy(place, renderPlain),
} as const satisfies Peer;

export const haproxyShop = {
  name: "haproxy-shop",
  title: "HAProxy, all shop policies",
  software: "haproxy",
  policies: "shop",
  accessLog: false,
  start: (place) => startHaproxy(place, (port, servicePort) => renderShop(port, servicePort, "")),
} as const satisfies Peer;

export const haproxyShopLog = {
  name: "haproxy-shop-log",
  title: "HAProxy, all shop policies, access log",
  software: "haproxy",
  policies: "shop",
  accessLog: true,
  start: (place) =>
    startHaproxy(place, (port, servicePort) =>
      renderShop(port, servicePort, "  log stdout format raw local0\n  option httplog\n"),
    ),
} as const satisfies Peer;

async function startHaproxy(
  { processes, tools, gatewayCpu, servicePort, label }: PeerPlace,
  render: (port: number, servicePort: number) => string,
): Promise<RunningPeer> {
  const port = await findFreePort();
  const configPath = join(processes.folder, `${label}.cfg`);
  writeFileSync(configPath, render(port, servicePort));
  const child = processes.start({
    name: label,
    command: tools.haproxy,
    args: ["-db", "-f", configPath],
    cpu: gatewayCpu,
  });
  await waitForPort(processes, child, label, port);
  return {
    port,
    pid: processId(child),
    collectGarbage: async () => {},
    stop: () => processes.stop(child),
  };
}

/** Each client connection may need a second socket; HAProxy refuses to start with more than the limit allows. */
const maxConnections = Math.min(9000, Math.floor(openFilesLimit() / 2) - 100);

const common = `global
  nbthread 1
  maxconn ${maxConnections}
defaults
  mode http
  timeout connect 2s
  timeout client 60s
  timeout server 30s
  timeout http-keep-alive 3600s
  http-reuse always
`;

function renderPlain(port: number, servicePort: number): string {
  return `${common}frontend gateway
  bind 127.0.0.1:${port}
  option forwardfor
  default_backend service
backend service
  server target 127.0.0.1:${servicePort}
`;
}

/** The policies of the shop, as near as HAProxy 2.6 comes to them; the comments name the policy. */
function renderShop(port: number, servicePort: number, log: string): string {
  return `${common}frontend gateway
  bind 127.0.0.1:${port}
${log}  option forwardfor
  # cors: a preflight needs no token; every answer, refusals too, carries the headers
  http-request set-var(txn.origin) req.hdr(origin)
  http-request return status 204 hdr Access-Control-Allow-Origin "*" hdr Access-Control-Allow-Methods "GET, POST" hdr Access-Control-Allow-Headers "Authorization, Content-Type" if METH_OPTIONS { req.hdr(access-control-request-method) -m found }
  http-after-response set-header Access-Control-Allow-Origin "*" if { var(txn.origin) -m found }
  http-after-response set-header Access-Control-Expose-Headers "X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset" if { var(txn.origin) -m found }
  # rateLimit: by address, headers on every answer
  stick-table type ip size 100k expire 60s store http_req_rate(60s)
  http-request track-sc0 src
  http-request set-var(txn.rate) sc_http_req_rate(0)
  http-request deny deny_status 429 if { var(txn.rate) -m int gt ${shopLimit} }
  http-after-response set-header X-RateLimit-Limit ${shopLimit}
  http-after-response set-header X-RateLimit-Remaining %[int(${shopLimit}),sub(txn.rate)]
  http-after-response set-header X-RateLimit-Reset %[date(60)]
  # jwt: HS256 only, signature and expiry; identity headers come from the claims alone; the token goes no further
  http-request set-var(txn.token) http_auth_bearer
  http-request deny deny_status 401 unless { var(txn.token),jwt_header_query('$.alg') -m str HS256 }
  http-request deny deny_status 401 unless { var(txn.token),jwt_verify(HS256,${shopSecret}) -m int 1 }
  http-request set-var(txn.now) date()
  http-request deny deny_status 401 unless { var(txn.token),jwt_payload_query('$.exp','int'),sub(txn.now) -m int gt 0 }
  http-request del-header X-User-Id
  http-request del-header X-User-Role
  http-request set-header X-User-Id %[var(txn.token),jwt_payload_query('$.sub')]
  http-request set-header X-User-Role %[var(txn.token),jwt_payload_query('$.role')]
  http-request del-header Authorization
  # compress
  compression algo gzip
  compression type application/json text/plain text/html
  # routing
  use_backend users if { path -m beg /api/v1/users }
  use_backend orders if { path -m beg /api/v1/orders }
  use_backend products if { path -m beg /api/v1/products }
  default_backend nowhere
backend nowhere
  http-request deny deny_status 404
${["users", "orders", "products"]
  .map(
    (name) => `backend ${name}
  # circuit breaker: five failed answers in a row take the target out for 30 s
  server target 127.0.0.1:${servicePort} observe layer7 error-limit 5 on-error mark-down check inter 30s rise 1
`,
  )
  .join("")}`;
}
