import { z } from "zod";
import { planName } from "../callers/tenant-schema.ts";
import { defineSection } from "./section.ts";

const plansSchema = z
  .array(planName)
  .min(1)
  .optional()
  .describe("The plans that there are, so that another name is a mistake. Unset: any name is a plan.");

export const plans = defineSection({
  schema: plansSchema,
  // Of a list that can only be read in part, any name may be missing.
  parse: (written) => plansSchema.safeParse(written).data,
  read: (names: readonly string[] | undefined) => ({ plans: names }),
});
