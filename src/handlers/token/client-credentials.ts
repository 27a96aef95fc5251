import type { Exchange } from "../../core/exchange.ts";
import type { Handler } from "../../core/handler.ts";
import { PolicyConfigError } from "../../core/policy.ts";
import { BodyError, readWholeBody } from "../../core/read-body.ts";
import type { Reply } from "../../core/reply.ts";
import { BoundedQueue } from "../../lib/bounded-queue.ts";
import { parseSecretHash, verifySecret, type SecretHash } from "../../lib/secret-hash.ts";
import { StandIns } from "../../lib/stand-ins.ts";
import { parseBasic, type ClientCredentials } from "./basic.ts";
import { parseForm } from "./form.ts";
import type { TokenIssuer } from "./issuer.ts";
import {
  BAD_CLIENT,
  BAD_GRANT_TYPE,
  BAD_REQUEST,
  BAD_SCOPE,
  BUSY,
  NO_STORE,
  oauthError,
  WRONG_METHOD,
} from "./refusals.ts";
import type { ClientConfig } from "./schema.ts";
import { MAX_BODY_BYTES } from "./unchecked.ts";

/**
 * Argon2 is heavy by intent: 20 MB and more, and a thread of the pool (of four) in which tokens are verified and bodies
 * compressed, too. Two at a time leave the others their share. Signing is done in the same turn, so that it is bounded, too.
 */
const VERIFIED_AT_ONCE = 2;
const MAY_WAIT = 64;

interface Client {
  readonly id: string;
  readonly hash: SecretHash;
  readonly role: string | undefined;
  readonly scopes: readonly string[];
}

/** The token endpoint of OAuth 2.0 for the client credentials grant (RFC 6749, 4.4). */
export class ClientCredentialsHandler implements Handler {
  readonly #clients: ReadonlyMap<string, Client>;
  readonly #standIns: StandIns;
  readonly #issuer: TokenIssuer;
  readonly #queue = new BoundedQueue(VERIFIED_AT_ONCE, MAY_WAIT);

  constructor(configs: readonly ClientConfig[], issuer: TokenIssuer) {
    const clients = readClients(configs);
    this.#clients = clients;
    this.#standIns = new StandIns(Array.from(clients.values(), (client) => client.hash));
    this.#issuer = issuer;
  }

  handle(x: Exchange): Reply | Promise<Reply> {
    return x.request.method === "POST" ? this.#answer(x) : WRONG_METHOD;
  }

  /**
   * 1. Read the form.
   * 2. Read who the client says it is, in one of the two ways.
   * 3. Wait for a turn, or be sent away.
   * 4. Check its secret.
   * 5. Check the grant and the scopes.
   * 6. Issue the token.
   */
  async #answer(x: Exchange): Promise<Reply> {
    // 1.
    const form = await readForm(x);
    if (typeof form === "string") return oauthError(BAD_REQUEST, "invalid_request", { detail: form });
    // 2.
    const given = readCredentials(x, form);
    if (typeof given === "string") return oauthError(BAD_REQUEST, "invalid_request", { detail: given });
    if (given === undefined) return badClient();
    // 3.
    if (this.#queue.full)
      return oauthError(BUSY, "temporarily_unavailable", { headers: ["retry-after", "1"] });
    return this.#queue.run(() => this.#grant(x, form, given));
  }

  async #grant(x: Exchange, form: ReadonlyMap<string, string>, given: ClientCredentials): Promise<Reply> {
    // 4.
    const client = await this.#authenticate(x, given);
    if (client === undefined) return badClient();
    // 5.
    const grantType = form.get("grant_type");
    if (grantType === undefined) {
      return oauthError(BAD_REQUEST, "invalid_request", { detail: "The parameter grant_type is missing." });
    }
    if (grantType !== "client_credentials") return oauthError(BAD_GRANT_TYPE, "unsupported_grant_type");
    const asked = form.get("scope")?.split(" ");
    const scopes = asked === undefined ? client.scopes : [...new Set(asked)];
    if (!scopes.every((scope) => client.scopes.includes(scope)))
      return oauthError(BAD_SCOPE, "invalid_scope");
    // 6.
    const scope = scopes.length === 0 ? {} : { scope: scopes.join(" ") };
    const role = client.role === undefined ? {} : { role: client.role };
    const token = await this.#issuer.issue(client.id, { sub: client.id, ...role, ...scope });
    return {
      status: 200,
      headers: ["content-type", "application/json", ...NO_STORE],
      body: JSON.stringify({
        access_token: token,
        token_type: "Bearer",
        expires_in: this.#issuer.expiresIn,
        ...scope,
      }),
    };
  }

  async #authenticate(x: Exchange, { id, secret }: ClientCredentials): Promise<Client | undefined> {
    // The client left while it waited.
    if (x.finished) return undefined;
    const client = this.#clients.get(id);
    const hash = client?.hash ?? this.#standIns.for(id)!;
    const right = await verifySecret(secret, hash);
    return right ? client : undefined;
  }
}

function readClients(configs: readonly ClientConfig[]): ReadonlyMap<string, Client> {
  const clients = new Map<string, Client>();
  for (const [i, { id, secretHash, role, scopes }] of configs.entries()) {
    const at = ["credentials", "clients", i];
    if (clients.has(id)) {
      throw new PolicyConfigError(`the client ${id} is listed twice`, [...at, "id"], "remove one of them");
    }
    const hash = parseSecretHash(secretHash);
    if (typeof hash === "string") {
      throw new PolicyConfigError(
        `the secretHash of the client ${id} cannot be used: ${hash}`,
        [...at, "secretHash"],
        "make one with hashClientSecret(secret)",
      );
    }
    clients.set(id, { id, hash, role, scopes });
  }
  return clients;
}

/** The request's form, or what is wrong with it. */
async function readForm(x: Exchange): Promise<ReadonlyMap<string, string> | string> {
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
function readCredentials(
  x: Exchange,
  form: ReadonlyMap<string, string>,
): ClientCredentials | string | undefined {
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

function badClient(): Reply {
  return oauthError(BAD_CLIENT, "invalid_client", {
    headers: ["www-authenticate", 'Basic realm="token", charset="UTF-8"'],
  });
}
