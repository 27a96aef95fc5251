import type { z } from "zod";
import type { Exchange } from "../../core/exchange.ts";
import { ConfigMistake } from "../../lib/config-mistake.ts";
import type { Policy } from "../../core/policy.ts";
import type { PolicyKind } from "../../contract/policy-kind.ts";
import { refuse, type Reply } from "../../core/reply.ts";
import { BodyRule } from "./body-rule.ts";
import { ContentTypes } from "./content-types.ts";
import { HeaderRules } from "./header-rules.ts";
import { isJsonType, type MediaType } from "./media-type.ts";
import { QueryRules } from "./query-rules.ts";
import {
  BAD_HEADER,
  BAD_QUERY,
  BODY,
  BODY_MALFORMED,
  BODY_MISSING,
  BODY_TOO_LARGE,
  CONTENT_ENCODING,
  CONTENT_TYPE,
} from "./refusals.ts";
import { validateConfig } from "./schema.ts";

/** What requests have to be before a service sees them. */
export const validatePolicy: PolicyKind<"validate", typeof validateConfig> = {
  name: "validate",
  summary: "Refuses requests whose headers, query, content type or JSON body are not as the route expects.",
  config: validateConfig,
  facts: ({ headers = {} }) => ({
    clientHeaders: Object.keys(headers).map((name) => ({
      header: name.toLowerCase(),
      path: ["headers", name],
    })),
  }),
  refusals: [
    BAD_HEADER,
    BAD_QUERY,
    CONTENT_TYPE,
    CONTENT_ENCODING,
    BODY_MISSING,
    BODY_TOO_LARGE,
    BODY_MALFORMED,
    BODY,
  ],
  create: (config) => new RequestRules(config),
};

class RequestRules implements Policy {
  readonly #headers: HeaderRules | undefined;
  readonly #query: QueryRules | undefined;
  readonly #contentTypes: ContentTypes | undefined;
  /** RFC 9110, 15.5.16: what would have been taken. */
  readonly #accepted: readonly string[];
  readonly #body: BodyRule | undefined;

  constructor(config: z.output<typeof validateConfig>) {
    const { headers, query, otherQuery, body } = config;
    if (headers !== undefined) this.#headers = new HeaderRules(headers);
    if (query !== undefined || otherQuery === "deny")
      this.#query = new QueryRules(query ?? {}, otherQuery === "allow");
    const contentTypes = config.contentTypes ?? (body === undefined ? [] : ["application/json"]);
    if (contentTypes.length > 0) this.#contentTypes = new ContentTypes(contentTypes);
    this.#accepted = ["accept", contentTypes.join(", ")];
    if (body === undefined) return;
    const unread = contentTypes.findIndex((type) => !isJsonType(type));
    if (unread !== -1) {
      throw new ConfigMistake(
        `${contentTypes[unread]} is not JSON, so the body rule cannot check it`,
        ["contentTypes", unread],
        "list application/json or types that end in +json, and give other types a route of their own",
      );
    }
    this.#body = new BodyRule(body);
  }

  request(x: Exchange): Reply | void | Promise<Reply | void> {
    // The answer is that the path has no such method: what the route asks for is not for that one.
    if (x.match === "methodNotAllowed") return undefined;
    const { headers, query, bodyLength } = x.request;
    const ofHeaders = this.#headers?.check(headers);
    if (ofHeaders !== undefined) return refuse(BAD_HEADER, { members: { errors: ofHeaders } });
    const ofQuery = this.#query?.check(query);
    if (ofQuery !== undefined) return refuse(BAD_QUERY, { members: { errors: ofQuery } });

    if (bodyLength === 0) return this.#body?.checkMissing();
    let type: MediaType | undefined;
    if (this.#contentTypes !== undefined) {
      type = this.#contentTypes.find(headers);
      if (type === undefined) return refuse(CONTENT_TYPE, { headers: this.#accepted });
    }
    if (this.#body === undefined || type === undefined) return undefined;
    return this.#body.checkHead(x, type) ?? this.#body.check(x);
  }
}
