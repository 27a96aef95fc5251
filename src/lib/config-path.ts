import { redact } from "./redact.ts";

/** `routes[2].policies.jwt`; empty for the root. */
export function formatPath(path: readonly (string | number)[]): string {
  let text = "";
  for (const part of path) {
    if (typeof part === "number") text += `[${part}]`;
    else if (/^[A-Za-z_][\w-]*$/.test(part)) text += text === "" ? part : `.${part}`;
    else text += `[${JSON.stringify(redact(part))}]`;
  }
  return text;
}
