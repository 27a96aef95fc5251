import { z } from "zod";
import { templateProblem } from "./template.ts";

export const redirectConfig = z.strictObject({
  to: z
    .string()
    .superRefine((to, context) => {
      const problem = templateProblem(to);
      if (problem !== undefined) context.addIssue({ code: "custom", message: problem });
    })
    .describe(
      "Where to: a path or an http(s) URL, with {param} for the route's parameters and /* at its end for the rest of the path.",
    ),
  status: z
    .union([z.literal(301), z.literal(302), z.literal(303), z.literal(307), z.literal(308)])
    .default(302)
    .describe(
      "301 and 308 are permanent, 302 and 307 for now; 307 and 308 keep method and body, 303 asks for a GET.",
    ),
});
