import { z } from "zod";
import { balancerKinds } from "./index.ts";

const names = balancerKinds.map((kind) => kind.name);
const summaries = balancerKinds.map((kind) => `${kind.name}: ${kind.summary}`);

/** What stands under a service's `balance`. */
export const balanceSchema = z
  .enum(names)
  .default(balancerKinds[0].name)
  .describe(
    `How a request's target is chosen, of those that refused no connection in the last 5 s. ${summaries.join(" ")}`,
  );
