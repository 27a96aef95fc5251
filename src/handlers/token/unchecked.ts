import type { Exchange } from "../../core/exchange.ts";
import type { Handler } from "../../core/handler.ts";
import { BodyError, readWholeBody } from "../../core/read-body.ts";
import { refuse, type Reply } from "../../core/reply.ts";
import { decodeStrictJson, isJsonObject } from "../../lib/strict-json.ts";
import { MAX_BODY_BYTES } from "../client-authentication.ts";
import { NO_STORE } from "../oauth-reply.ts";
import type { TokenIssuer } from "./issuer.ts";
import { BAD_REQUEST, WRONG_METHOD } from "./refusals.ts";

/** Whom tokens name as the client that they were given to. */
const NO_CLIENT = "unchecked";

const MAX_USER_ID_LENGTH = 256;
const MAX_ROLE_LENGTH = 64;

/** Issues a token for whatever user and role it is asked for, and checks nothing: for development on one machine. */
export class UncheckedHandler implements Handler {
  readonly #issuer: TokenIssuer;

  constructor(issuer: TokenIssuer) {
    this.#issuer = issuer;
  }

  handle(x: Exchange): Reply | Promise<Reply> {
    return x.request.method === "POST" ? this.#answer(x) : WRONG_METHOD;
  }

  async #answer(x: Exchange): Promise<Reply> {
    let body: Uint8Array;
    try {
      body = await readWholeBody(x, MAX_BODY_BYTES);
    } catch (error) {
      if (error instanceof BodyError) return bad(`The body cannot be read: ${error.message}.`);
      throw error;
    }
    const asked = decodeStrictJson(body);
    if (!isJsonObject(asked)) return bad("The body is not a JSON object in which each member stands once.");
    const { user_id: sub = "anonymous", role = "user" } = asked;
    if (!isName(sub, MAX_USER_ID_LENGTH)) return bad(nameDetail("user_id", MAX_USER_ID_LENGTH));
    if (!isName(role, MAX_ROLE_LENGTH)) return bad(nameDetail("role", MAX_ROLE_LENGTH));
    const token = await this.#issuer.issue(NO_CLIENT, { sub, role });
    return {
      status: 200,
      headers: ["content-type", "application/json", ...NO_STORE],
      body: JSON.stringify({ token, expires_in: this.#issuer.expiresIn }),
    };
  }
}

/** What a request header can carry unchanged: services are told of user and role by headers. */
function isName(value: unknown, maxLength: number): value is string {
  return (
    typeof value === "string" &&
    value !== "" &&
    value.length <= maxLength &&
    value.trim() === value &&
    value.isWellFormed() &&
    !/\p{Cc}/u.test(value)
  );
}

function nameDetail(member: string, maxLength: number): string {
  return `The member ${member} is not text of 1 to ${maxLength} characters without control characters and outer blanks.`;
}

function bad(detail: string): Reply {
  return refuse(BAD_REQUEST, { detail });
}
