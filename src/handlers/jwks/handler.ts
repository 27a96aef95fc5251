import { Buffer } from "node:buffer";
import type { Handler } from "../../core/handler.ts";
import type { Reply } from "../../core/reply.ts";
import { findSigningKeys } from "../../callers/signing-keys.ts";
import type { HandlerKind } from "../../contract/handler-kind.ts";
import { jwksConfig } from "./schema.ts";

/**
 * Five minutes, as libraries that verify remember keys, more or less. A key that has leaked is gone everywhere after that,
 * and few ask for the keys so often that it costs anything.
 */
const CACHE_CONTROL = "public, max-age=300";

/** Publishes the public halves of signing keys, so that others verify what the gateway signs. */
export const jwksHandler: HandlerKind<"jwks", typeof jwksConfig> = {
  name: "jwks",
  summary: "Publishes the public halves of signing keys as a JSON Web Key Set (RFC 7517).",
  config: jwksConfig,
  refusals: [],
  create(config, { signingKeys }): Handler {
    const several = typeof config.signingKeys !== "string";
    const names = typeof config.signingKeys === "string" ? [config.signingKeys] : config.signingKeys;
    const keys = names.flatMap(
      (name, i) =>
        findSigningKeys(signingKeys, name, several ? ["signingKeys", i] : ["signingKeys"]).published,
    );
    const reply: Reply = {
      status: 200,
      headers: ["content-type", "application/jwk-set+json", "cache-control", CACHE_CONTROL],
      // A list that is named twice is told once.
      body: Buffer.from(JSON.stringify({ keys: [...new Set(keys)] })),
    };
    return { handle: () => reply };
  },
};
