import gateway from "fast-gateway";
import { runGateway } from "./process.ts";

await runGateway(async ({ port, serviceUrl }) => {
  const server = gateway({
    routes: [{ prefix: "/api", prefixRewrite: "/api", target: serviceUrl }],
  });
  const listening = await server.start(port, "127.0.0.1");
  // Node.js would close idle clients after 5 s, in the middle of counting them.
  listening.keepAliveTimeout = 3_600_000;
});
