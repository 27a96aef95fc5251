import { findFreePort } from "../network.ts";
import { startNginx } from "../nginx-process.ts";
import type { Peer } from "./peer.ts";

export const nginxPlain = {
  name: "nginx-plain",
  title: "nginx, plain proxy",
  software: "nginx",
  policies: "none",
  accessLog: false,
  async start({ processes, tools, gatewayCpu, servicePort, label }) {
    const port = await findFreePort();
    const { master, workerPid } = await startNginx({
      processes,
      nginx: tools.nginx,
      cpu: gatewayCpu,
      name: label,
      port,
      http: `upstream service {
    server 127.0.0.1:${servicePort};
    keepalive 128;
    keepalive_requests 1000000000;
    keepalive_timeout 3600s;
  }`,
      server: `location / {
      proxy_pass http://service;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host $host;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
    }`,
    });
    return {
      port,
      pid: workerPid,
      collectGarbage: async () => {},
      stop: () => processes.stop(master),
    };
  },
} as const satisfies Peer;
