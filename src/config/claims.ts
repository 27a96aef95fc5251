import { claimTypesSchema, withStandardClaims, type ClaimTypes } from "../callers/claim-type.ts";
import { defineSection } from "./section.ts";

export const claims = defineSection({
  schema: claimTypesSchema
    .optional()
    .describe(
      "The claims of callers, each with its type: a name that is not here is a mistake, and so is a caller's claim of another type.",
    ),
  parse: (written) => claimTypesSchema.safeParse(written).data,
  read: (types: ClaimTypes | undefined) => ({ claimTypes: withStandardClaims(types) }),
});
