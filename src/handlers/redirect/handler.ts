import type { Handler } from "../../core/handler.ts";
import { ConfigMistake } from "../../lib/config-mistake.ts";
import type { HandlerKind } from "../../contract/handler-kind.ts";
import { redirectConfig } from "./schema.ts";
import { fillTemplate, parseTemplate } from "./template.ts";

/** Sends clients elsewhere (RFC 9110, 15.4). */
export const redirectHandler: HandlerKind<"redirect", typeof redirectConfig> = {
  name: "redirect",
  summary: "Redirects to another path or URL, which the route's parameters can be part of.",
  config: redirectConfig,
  refusals: [],
  create({ to, status }, { pattern }): Handler {
    const template = parseTemplate(to);
    for (const name of template.params) {
      const written = name === "*" ? "*" : `{${name}}`;
      if (pattern.split("/").includes(written)) continue;
      throw new ConfigMistake(
        `the path ${pattern} has no ${written}`,
        ["to"],
        "name a part of the route's path",
      );
    }
    return {
      handle: (x) => ({ status, headers: ["location", fillTemplate(template, x)] }),
    };
  },
};
