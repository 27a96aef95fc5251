import { z } from "zod";
import { configSchema } from "./schema.ts";

/** The JSON Schema (draft 7, as editors know it) of a config as it is written. */
export function configJsonSchema(): object {
  // A function, as the handler `fetch` takes, has no form in JSON: anything goes there.
  const schema = z.toJSONSchema(configSchema, { io: "input", target: "draft-7", unrepresentable: "any" });
  return { title: "Portcullis config", ...schema };
}
