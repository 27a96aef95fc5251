import { z } from "zod";

export const healthConfig = z.strictObject({
  probe: z
    .enum(["live", "ready"])
    .optional()
    .describe(
      "live: whether the process answers at all; ready: whether it takes traffic; without it, the state of all circuits.",
    ),
});
