import type { Exchange } from "../core/exchange.ts";
import { ConfigMistake } from "../lib/config-mistake.ts";
import { BodyError, readWholeBody } from "../core/read-body.ts";
import type { Reply } from "../core/reply.ts";
import type { RefusalKind } from "../http/refusal.ts";
import { parseBasicPair } from "../lib/basic-credentials.ts";
import { BoundedQueue } from "../lib/bounded-queue.ts";
import { decodeFormText, parseForm } from "../lib/form.ts";
import { parseSecretHash, verifySecret, type SecretHash } from "../lib/secret-hash.ts";
import { StandIns } from "../lib/stand-ins.ts";
import { oauthError } from "./oauth-reply.ts";

/** The largest form that is read, in bytes. */
export const MAX_BODY_BYTES = 16 * 1024;

/**
 * Argon2 is heavy by intent: 20 MB and more, and a thread of the pool (of four) in which tokens are verified and bodies
 * compressed, too. Two at a time leave the others their share. What the client asks for is done in the same turn, so that it is
 * bounded, too.
 */
const VERIFIED_AT_ONCE = 2;
const MAY_WAIT = 64;

export type Form = ReadonlyMap<string, string>;

/** The codes with which an endpoint refuses what is no good request of a client. */
export interface ClientRefusals {
  readonly badRequest: RefusalKind;
  readonly badClient: RefusalKind;
  readonly busy: RefusalKind;
}

interface ClientConfig {
  readonly id: string;
  readonly secretHash: string;
}

interface Credentials {
  readonly id: string;
  readonly secret: string;
}

/** Reads the forms that OAuth clients send, and authenticates the clients by their secrets (RFC 6749, 2.3.1). */
export class ClientAuthentication<C extends ClientConfig> {
  readonly #clients: ReadonlyMap<string, { readonly config: C; readonly hash: SecretHash }>;
  readonly #standIns: StandIns;
  readonly #refusals: ClientRefusals;
  readonly #realm: string;
  readonly #queue = new BoundedQueue(VERIFIED_AT_ONCE, MAY_WAIT);

  /** `path`: where the clients stand in the handler's config. */
  constructor(configs: readonly C[], path: readonly string[], realm: string, refusals: ClientRefusals) {
    const clients = readClients(configs, path);
    this.#clients = clients;
    this.#standIns = new StandIns(Array.from(clients.values(), ({ hash }) => hash));
    this.#refusals = refusals;
    this.#realm = realm;
  }

  /**
   * 1. Read the form.
   * 2. Read who the client says it is, in one of the two ways.
   * 3. Wait for a turn, or be sent away.
   * 4. Check its secret.
   * 5. Do what it asks for.
   */
  async answer(x: Exchange, serve: (client: C, form: Form) => Promise<Reply>): Promise<Reply> {
    const { badRequest, busy } = this.#refusals;
    // 1.
    const form = await readForm(x);
    if (typeof form === "string") return oauthError(badRequest, "invalid_request", { detail: form });
    // 2.
    const given = readCredentials(x, form);
    if (typeof given === "string") return oauthError(badRequest, "invalid_request", { detail: given });
    if (given === undefined) return this.#badClient();
    // 3.
    if (this.#queue.full)
      return oauthError(busy, "temporarily_unavailable", { headers: ["retry-after", "1"] });
    return this.#queue.run(async () => {
      // 4.
      const client = await this.#authenticate(x, given);
      // 5.
      return client === undefined ? this.#badClient() : serve(client, form);
    });
  }

  async #authenticate(x: Exchange, { id, secret }: Credentials): Promise<C | undefined> {
    // The client left while it waited.
    if (x.finished) return undefined;
    const client = this.#clients.get(id);
    const hash = client?.hash ?? this.#standIns.for(id)!;
    const right = await verifySecret(secret, hash);
    return right ? client?.config : undefined;
  }

  #badClient(): Reply {
    return oauthError(this.#refusals.badClient, "invalid_client", {
      headers: ["www-authenticate", `Basic realm="${this.#realm}", charset="UTF-8"`],
    });
  }
}

function readClients<C extends ClientConfig>(configs: readonly C[], path: readonly string[]) {
  const clients = new Map<string, { readonly config: C; readonly hash: SecretHash }>();
  for (const [i, config] of configs.entries()) {
    const { id, secretHash } = config;
    const at = [...path, i];
    if (clients.has(id)) {
      throw new ConfigMistake(`the client ${id} is listed twice`, [...at, "id"], "remove one of them");
    }
    const hash = parseSecretHash(secretHash);
    if (typeof hash === "string") {
      throw new ConfigMistake(
        `the secretHash of the client ${id} cannot be used: ${hash}`,
        [...at, "secretHash"],
        "make one with hashClientSecret(secret)",
      );
    }
    clients.set(id, { config, hash });
  }
  return clients;
}

/** The request's form, or what is wrong with it. */
async function readForm(x: Exchange): Promise<Form | string> {
  const type = x.request.headers.get("content-type")?.split(";")[0]?.trim().toLowerCase();
  if (type !== "application/x-www-form-urlencoded") {
    return "The body must be a form: Content-Type: application/x-www-form-urlencoded.";
  }
  try {
    const body = await readWholeBody(x, MAX_BODY_BYTES);
    const form = parseForm(Buffer.from(body).toString("latin1"));
    return form ?? "The form has a bad escape or a parameter that occurs twice.";
  } catch (error) {
    if (error instanceof BodyError) return `The body cannot be read: ${error.message}.`;
    throw error;
  }
}

/** What the client authenticates with: undefined for nothing usable, text for a request that has two readings. */
function readCredentials(x: Exchange, form: Form): Credentials | string | undefined {
  const authorizations = x.request.headers.getAll("authorization");
  const id = form.get("client_id");
  const secret = form.get("client_secret");
  if (authorizations.length > 1) return "The request has more than one Authorization header.";
  if (authorizations.length === 0)
    return id === undefined || secret === undefined ? undefined : { id, secret };
  if (secret !== undefined) return "The client authenticates in two ways; use one (RFC 6749, 2.3).";
  const basic = parseBasic(authorizations[0]!);
  if (basic === undefined || basic.secret === "") return undefined;
  return id === undefined || id === basic.id
    ? basic
    : "The form's client_id is not the client that authenticates.";
}

/**
 * Reads HTTP Basic authentication of an OAuth client: id and secret are form-encoded before they are joined, so that
 * either may hold a colon (RFC 6749, 2.3.1). Undefined for anything else.
 */
function parseBasic(authorization: string): Credentials | undefined {
  const pair = parseBasicPair(authorization);
  if (pair === undefined) return undefined;
  const id = decodeFormText(pair.name);
  const secret = decodeFormText(pair.password);
  return id === undefined || secret === undefined ? undefined : { id, secret };
}
