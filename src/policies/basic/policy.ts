import { createHmac, randomBytes } from "node:crypto";
import { callerFields, identityHeadersOf, refuseSharedHeaders } from "../../core/caller-schema.ts";
import type { Caller } from "../../core/caller.ts";
import type { Exchange } from "../../core/exchange.ts";
import { PolicyConfigError, type Policy, type PolicyKind } from "../../core/policy.ts";
import { challengesOf, refuse, type Reply } from "../../core/reply.ts";
import type { Clock } from "../../host/host.ts";
import { isBasic, parseBasicPair } from "../../lib/basic-credentials.ts";
import { RecentMap } from "../../lib/recent-map.ts";
import { parseSecretHash, type SecretHash } from "../../lib/secret-hash.ts";
import { AMBIGUOUS, BUSY, challenge, MALFORMED, MISSING, REFUSALS, WRONG } from "./refusals.ts";
import { basicConfig, type BasicConfig } from "./schema.ts";
import { PasswordVerifier, type Verdict } from "./verifier.ts";

/** The longest Authorization field that is looked at: longer ones are no names and passwords that anybody types. */
const MAX_FIELD_LENGTH = 4096;
/** Wrong credentials are remembered apart from right ones, so that a flood of them evicts nothing of value. */
const WRONG_ENTRIES = 1000;
const CONTROLS = /\p{Cc}/u;

interface User {
  readonly hash: SecretHash;
  readonly caller: Caller;
  /** Header fields for the service: flat name, value. */
  readonly headers: readonly string[];
}

interface Remembered {
  /** Nobody: the credential is wrong. */
  readonly user: User | undefined;
  /** Monotonic milliseconds. */
  readonly untilMs: number;
}

/** Lets a request pass when it bears the name and the password of a user, and tells the service who that is. */
class BasicPolicy implements Policy {
  readonly challenges: readonly string[];
  readonly #users: ReadonlyMap<string, User>;
  readonly #hashes: readonly SecretHash[];
  readonly #clock: Clock;
  readonly #forwardCredentials: boolean;
  readonly #rememberedForMs: number;
  readonly #verifier = new PasswordVerifier();

  readonly #missing: Reply;
  readonly #ambiguous: Reply;
  readonly #malformed: Reply;
  readonly #wrong: Reply;
  readonly #busy: Reply = refuse(BUSY);

  /**
   * Both keyed by an HMAC of the whole credential. Its key is made anew with every start: who reads the gateway's memory later,
   * in a core dump, finds nothing there against which passwords could be tried at the price of a fast hash, unless he
   * finds the key as well.
   */
  readonly #right: RecentMap<Remembered>;
  readonly #refused = new RecentMap<Remembered>(WRONG_ENTRIES);
  readonly #cacheKey = randomBytes(32);

  constructor(config: BasicConfig, users: ReadonlyMap<string, User>, clock: Clock) {
    this.#users = users;
    this.#hashes = Array.from(users.values(), (user) => user.hash);
    this.#clock = clock;
    this.#forwardCredentials = config.forwardCredentials;
    this.#rememberedForMs = config.cache.for;
    this.#right = new RecentMap(config.cache.entries);
    this.#missing = challenge(config.realm, MISSING);
    this.challenges = challengesOf(this.#missing);
    this.#ambiguous = challenge(config.realm, AMBIGUOUS);
    this.#malformed = challenge(config.realm, MALFORMED);
    this.#wrong = challenge(config.realm, WRONG);
  }

  bears(x: Exchange): boolean {
    const { fields } = x.request.headers;
    for (let i = 0; i < fields.length; i += 2) {
      if (fields[i] === "authorization" && isBasic(fields[i + 1]!)) return true;
    }
    return false;
  }

  request(x: Exchange): Reply | void | Promise<Reply | void> {
    const { headers } = x.request;
    const authorization = headers.get("authorization") ?? "";
    // Gateway and service might each believe another one.
    if (headers.getAll("authorization").length > 1) return this.#ambiguous;
    if (!isBasic(authorization)) return this.#missing;
    if (authorization.length > MAX_FIELD_LENGTH) return this.#malformed;

    // The scheme may be written in several ways, and the credential in one.
    const key = createHmac("sha256", this.#cacheKey).update(authorization.slice(6)).digest("base64");
    const remembered = this.#right.get(key) ?? this.#refused.get(key);
    if (remembered !== undefined && this.#clock.now() < remembered.untilMs)
      return this.#answer(x, remembered.user);
    return this.#verify(x, authorization, key);
  }

  #verify(x: Exchange, authorization: string, key: string): Reply | Promise<Reply | void> {
    const pair = parseBasicPair(authorization);
    // Control characters stand in no name and no password (RFC 7617, 2), and mean something to what shows them.
    if (pair === undefined || CONTROLS.test(pair.name) || CONTROLS.test(pair.password))
      return this.#malformed;
    const user = this.#users.get(pair.name.normalize("NFC"));
    // A name that nobody has costs what others do, or the time of the answer would tell which names exist. Which hash stands in
    // depends on the name alone, so that asking again tells nothing either.
    const hash = user?.hash ?? this.#hashes[pair.name.length % this.#hashes.length]!;
    // RFC 7617, 2.1 has passwords in normal form C; some systems type the characters of a name apart.
    const verdict = this.#verifier.verify(x, key, pair.password.normalize("NFC"), hash);
    return verdict === undefined ? this.#busy : this.#decide(x, key, user, verdict);
  }

  async #decide(
    x: Exchange,
    key: string,
    user: User | undefined,
    verdict: Promise<Verdict>,
  ): Promise<Reply | void> {
    const right = await verdict;
    if (right === undefined) return;
    const remembered = { user: right ? user : undefined, untilMs: this.#clock.now() + this.#rememberedForMs };
    (remembered.user === undefined ? this.#refused : this.#right).set(key, remembered);
    return this.#answer(x, remembered.user);
  }

  /** The only way in. */
  #answer(x: Exchange, user: User | undefined): Reply | void {
    if (user === undefined) return this.#wrong;
    x.caller = user.caller;
    const { headers } = user;
    for (let i = 0; i < headers.length; i += 2) x.forwardHeader(headers[i]!, headers[i + 1]!);
    if (!this.#forwardCredentials) x.request.headers.delete("authorization");
  }
}

const NO_CLAIMS: Caller["claims"] = Object.freeze(Object.create(null) as Record<string, unknown>);

function readUsers(config: BasicConfig): ReadonlyMap<string, User> {
  const users = new Map<string, User>();
  for (const [i, { name, passwordHash, plan, scopes }] of config.users.entries()) {
    const at = ["users", i];
    const id = name.normalize("NFC");
    if (users.has(id)) {
      throw new PolicyConfigError(`the user ${id} is listed twice`, [...at, "name"], "remove one of them");
    }
    const hash = parseSecretHash(passwordHash);
    if (typeof hash === "string") {
      throw new PolicyConfigError(
        `the passwordHash of the user ${id} cannot be used: ${hash}`,
        [...at, "passwordHash"],
        "make one with hashPassword(password)",
      );
    }
    const caller: Caller = Object.freeze({
      kind: "basic",
      id,
      claims: NO_CLAIMS,
      scopes: Object.freeze([...scopes]),
      ...(plan === undefined ? {} : { plan }),
    });
    users.set(id, { hash, caller, headers: callerFields(config.callerToHeaders, caller) });
  }
  return users;
}

export const basicPolicy: PolicyKind<"basic", typeof basicConfig> = {
  name: "basic",
  summary: "Lets requests pass that bear the name and the password of a listed user (HTTP Basic).",
  config: basicConfig,
  refusals: REFUSALS,
  authenticates: true,
  scheme: () => "Basic",
  identityHeaders: (config) => identityHeadersOf(config.callerToHeaders),
  create(config, host) {
    refuseSharedHeaders(config.callerToHeaders);
    return new BasicPolicy(config, readUsers(config), host.clock);
  },
};
