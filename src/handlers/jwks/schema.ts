import { z } from "zod";

export const jwksConfig = z.strictObject({
  signingKeys: z
    .union([z.string().min(1), z.array(z.string().min(1)).min(1)])
    .describe("The lists of the config's signingKeys whose public halves it tells, one or several."),
});
