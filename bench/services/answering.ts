import { findFreePort } from "../network.ts";
import { startNginx } from "../nginx-process.ts";
import type { Processes } from "../processes.ts";
import { identityPath, shopBody } from "../shop.ts";
import type { Tools } from "../tools.ts";

/** The service behind every peer: an nginx that answers from its config, the cheapest service there is. */
export async function startAnsweringService(
  processes: Processes,
  tools: Tools,
  cpu: number | undefined,
): Promise<number> {
  const port = await findFreePort();
  await startNginx({
    processes,
    nginx: tools.nginx,
    cpu,
    name: "service",
    port,
    server: `default_type application/json;
    location / { return 200 '${shopBody}'; }
    location = ${identityPath} { return 200 '{"id":"$http_x_user_id","role":"$http_x_user_role","token":"$http_authorization"}'; }`,
  });
  return port;
}
