import { redact } from "./redact.ts";

/** Where in a config: keys and indexes from its root. */
export type ConfigPath = readonly (string | number)[];

/** `routes[2].policies.jwt`; empty for the root. */
export function formatPath(path: ConfigPath): string {
  let text = "";
  for (const part of path) {
    if (typeof part === "number") text += `[${part}]`;
    else if (/^[A-Za-z_][\w-]*$/.test(part)) text += text === "" ? part : `.${part}`;
    else text += `[${JSON.stringify(redact(part))}]`;
  }
  return text;
}
