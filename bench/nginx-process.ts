import type { ChildProcess } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { firstChildOf } from "./measure/process-figures.ts";
import { waitForPort } from "./network.ts";
import { processId } from "./processes.ts";
import type { Processes } from "./processes.ts";

export interface NginxOptions {
  readonly processes: Processes;
  readonly nginx: string;
  readonly cpu: number | undefined;
  readonly name: string;
  readonly port: number;
  /** Directives of the http block, beside the server. */
  readonly http?: string;
  /** Directives of the one server that listens on the port. */
  readonly server: string;
}

export interface NginxProcess {
  readonly master: ChildProcess;
  readonly workerPid: number;
}

/** Starts an nginx with one worker and nothing on disk outside the run's folder. */
export async function startNginx(options: NginxOptions): Promise<NginxProcess> {
  const folder = join(options.processes.folder, options.name);
  mkdirSync(folder);
  const configPath = join(folder, "nginx.conf");
  writeFileSync(configPath, renderConfig(options, folder));
  const master = options.processes.start({
    name: options.name,
    command: options.nginx,
    args: ["-e", "stderr", "-p", folder, "-c", configPath],
    cpu: options.cpu,
  });
  await waitForPort(options.processes, master, options.name, options.port);
  const workerPid = firstChildOf(processId(master));
  if (workerPid === undefined) throw new Error(`${options.name} has no worker`);
  return { master, workerPid };
}

function renderConfig(options: NginxOptions, folder: string): string {
  // Started by root, nginx gives its worker to another user, who could not read the run's folder.
  const user = process.getuid?.() === 0 ? "user root;" : "";
  return `${user}
daemon off;
worker_processes 1;
worker_rlimit_nofile 60000;
pid ${folder}/nginx.pid;
error_log stderr crit;
events { worker_connections 30000; }
http {
  access_log off;
  client_body_temp_path ${folder}/body;
  proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi;
  scgi_temp_path ${folder}/scgi;
  keepalive_requests 1000000000;
  keepalive_timeout 3600s;
  ${options.http ?? ""}
  server {
    listen 127.0.0.1:${options.port};
    ${options.server}
  }
}
`;
}
