import type { z } from "zod";
import type { Exchange } from "../../core/exchange.ts";
import type { Policy } from "../../core/policy.ts";
import type { PolicyKind } from "../../contract/policy-kind.ts";
import type { Reply } from "../../core/reply.ts";
import type { HeaderList } from "../../http/headers.ts";
import { mergeVary } from "../../http/vary.ts";
import { matchOrigins } from "./origins.ts";
import type { OriginMatcher } from "./origins.ts";
import { corsConfig } from "./schema.ts";

/** Lets pages of other origins call a route (the Fetch standard's CORS protocol). */
export const corsPolicy: PolicyKind<"cors", typeof corsConfig> = {
  name: "cors",
  summary: "Lets web pages of other origins call the route, and answers their preflights.",
  config: corsConfig,
  refusals: [],
  create: (config) => new Cors(config),
};

/**
 * What a browser may ask a preflight for (Fetch, Access-Control-Request-Headers); it is only echoed when it is a
 * plain list of names of a sane length.
 */
const headerNames = /^[a-z0-9!#$%&'*+.^_`|~-]+(?:[ \t]*,[ \t]*[a-z0-9!#$%&'*+.^_`|~-]+)*$/i;
const HEADER_NAMES_LENGTH = 2048;

class Cors implements Policy {
  readonly #anyOrigin: boolean;
  readonly #allows: OriginMatcher;
  readonly #reflectsHeaders: boolean;
  /** Fields of every preflight that is allowed, and of every other answer that is; flat. */
  readonly #preflightFields: readonly string[];
  readonly #answerFields: readonly string[];

  constructor(config: z.output<typeof corsConfig>) {
    this.#anyOrigin = config.origins.includes("*");
    this.#allows = matchOrigins(config.origins);
    this.#reflectsHeaders = config.headers.includes("*");

    const credentials = config.credentials ? ["access-control-allow-credentials", "true"] : [];
    const preflight = [...credentials, "access-control-allow-methods", config.methods.join(", ")];
    if (!this.#reflectsHeaders && config.headers.length > 0) {
      preflight.push("access-control-allow-headers", lowerCaseList(config.headers));
    }
    preflight.push("access-control-max-age", String(Math.round(config.maxAge / 1000)));
    this.#preflightFields = preflight;

    const answer = [...credentials];
    if (config.exposedHeaders.length > 0) {
      answer.push("access-control-expose-headers", lowerCaseList(config.exposedHeaders));
    }
    this.#answerFields = answer;
  }

  request(x: Exchange): Reply | void {
    if (x.request.method !== "OPTIONS") return undefined;
    const { headers } = x.request;
    const origin = headers.get("origin");
    if (origin === undefined || !headers.has("access-control-request-method")) return undefined;

    // An OPTIONS is not cacheable, but caches that are told to keep it anyway exist.
    const fields = ["vary", "origin, access-control-request-method, access-control-request-headers"];
    if (this.#allows(origin)) {
      fields.push("access-control-allow-origin", this.#anyOrigin ? "*" : origin, ...this.#preflightFields);
      const wanted = headers.joined("access-control-request-headers");
      if (this.#reflectsHeaders && wanted !== undefined && isNameList(wanted)) {
        fields.push("access-control-allow-headers", wanted);
      }
    }
    return { status: 204, headers: fields };
  }

  response(x: Exchange): void {
    if (x.response === undefined) return;
    const { headers } = x.response;
    deleteAccessControl(headers);
    const origin = x.request.headers.get("origin");

    if (this.#anyOrigin && origin !== undefined) {
      // The same for every origin: caches may share it.
      headers.append("access-control-allow-origin", "*");
    } else {
      // Also where nothing is added: a cache must not give this answer, without the fields, to a page of another origin.
      mergeVary(headers, "origin");
      if (origin === undefined || !this.#allows(origin)) return;
      headers.append("access-control-allow-origin", origin);
    }
    headers.fields.push(...this.#answerFields);
  }
}

/** A service behind the gateway has no say in who may read: two allow-origin fields would also make browsers refuse. */
function deleteAccessControl(headers: HeaderList): void {
  const { fields } = headers;
  for (let i = fields.length - 2; i >= 0; i -= 2) {
    if (fields[i]!.startsWith("access-control-")) fields.splice(i, 2);
  }
}

function isNameList(text: string): boolean {
  return text.length <= HEADER_NAMES_LENGTH && headerNames.test(text);
}

function lowerCaseList(names: readonly string[]): string {
  return names.map((name) => name.toLowerCase()).join(", ");
}
