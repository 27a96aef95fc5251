import { createHmac, randomBytes } from "node:crypto";
import {
  callerFields,
  callerOf,
  checkListedCaller,
  claimsOfListed,
  identityHeadersOf,
  refuseSharedHeaders,
} from "../../callers/caller-schema.ts";
import type { Authenticator, Identity } from "../../core/authenticator.ts";
import type { Caller } from "../../core/caller.ts";
import type { Exchange } from "../../core/exchange.ts";
import { Listing, type ListingKind } from "../../callers/listing.ts";
import { ConfigMistake } from "../../lib/config-mistake.ts";
import type { AuthenticatorKind } from "../../contract/policy-kind.ts";
import type { Around } from "../../contract/around.ts";
import { challengesOf, refuse, type Reply } from "../../core/reply.ts";
import type { Clock } from "../../host/host.ts";
import { isBasic, parseBasicPair } from "../../lib/basic-credentials.ts";
import { RecentMap } from "../../lib/recent-map.ts";
import { parseSecretHash, type SecretHash } from "../../lib/secret-hash.ts";
import { StandIns } from "../../lib/stand-ins.ts";
import { AMBIGUOUS, BUSY, challenge, MALFORMED, MISSING, REFUSALS, WRONG } from "./refusals.ts";
import { basicConfig, basicUser, type BasicConfig, type BasicUser } from "./schema.ts";
import { sharedVerifier, type PasswordVerifier } from "./verifier.ts";

/** The longest Authorization field that is looked at: longer ones are no names and passwords that anybody types. */
const MAX_FIELD_LENGTH = 4096;
/** Wrong credentials are remembered apart from right ones, so that a flood of them evicts nothing of value. */
const WRONG_ENTRIES = 1000;
const CONTROLS = /\p{Cc}/u;

interface User extends Identity {
  readonly hash: SecretHash;
  readonly caller: Caller;
  /** As it is listed. */
  readonly entry: string;
}

interface Remembered {
  /** Nobody: the credential is wrong. */
  readonly user: User | undefined;
  /** Monotonic milliseconds: later with each use. */
  untilMs: number;
}

/** Says who is calling, by names and passwords of listed users. */
class BasicAuthenticator implements Authenticator {
  readonly challenges: readonly string[];
  readonly #users: Listing<BasicUser, User>;
  #standIns: StandIns;
  readonly #clock: Clock;
  readonly #forwardCredentials: boolean;
  readonly #rememberedForMs: number;
  readonly #verifier: PasswordVerifier;

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
  #refused = new RecentMap<Remembered>(WRONG_ENTRIES);
  readonly #cacheKey = randomBytes(32);

  constructor(config: BasicConfig, around: Around) {
    const { host } = around;
    this.#users = new Listing(
      userKind(config, around),
      { entries: config.users, file: config.file },
      around,
      () => this.#usersChanged(),
    );
    this.#standIns = this.#makeStandIns();
    this.#clock = host.clock;
    this.#verifier = sharedVerifier(around.state);
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

  identify(x: Exchange): Identity | Reply | Promise<Identity | Reply> {
    const { headers } = x.request;
    const authorization = headers.get("authorization") ?? "";
    // Gateway and service might each believe another one.
    if (headers.getAll("authorization").length > 1) return this.#ambiguous;
    if (!isBasic(authorization)) return this.#missing;
    if (authorization.length > MAX_FIELD_LENGTH) return this.#malformed;

    // The scheme may be written in several ways, and the credential in one.
    const key = createHmac("sha256", this.#cacheKey).update(authorization.slice(6)).digest("base64");
    const remembered = this.#right.get(key) ?? this.#refused.get(key);
    if (remembered === undefined || !this.#holds(remembered)) return this.#verify(x, authorization, key);
    remembered.untilMs = this.#clock.now() + this.#rememberedForMs;
    return this.#answer(x, remembered.user);
  }

  close(): void {
    this.#users.close();
  }

  #holds({ user, untilMs }: Remembered): boolean {
    return this.#clock.now() < untilMs && (user === undefined || this.#isListed(user));
  }

  #isListed(user: User): boolean {
    return this.#users.all.get(user.caller.id) === user;
  }

  #verify(x: Exchange, authorization: string, key: string): Reply | Promise<Identity | Reply> {
    const pair = parseBasicPair(authorization);
    // Control characters stand in no name and no password (RFC 7617, 2), and mean something to what shows them.
    if (pair === undefined || CONTROLS.test(pair.name) || CONTROLS.test(pair.password))
      return this.#malformed;
    const name = pair.name.normalize("NFC");
    const user = this.#users.all.get(name);
    const hash = user?.hash ?? this.#standIns.for(name);
    if (hash === undefined) return this.#wrong;
    // RFC 7617, 2.1 has passwords in normal form C; some systems type the characters of a name apart.
    const verdict = this.#verifier.verify(x, key, pair.password.normalize("NFC"), hash);
    if (verdict === undefined) return this.#busy;
    const { all } = this.#users;
    return verdict.then((right) => {
      // Nobody waits for it any more, and nobody hears of this.
      if (right === undefined) return this.#busy;
      // The users were read anew meanwhile: what was found may be of a password that was good until then.
      if (all !== this.#users.all) return this.#verify(x, authorization, key);
      return this.#decide(x, key, right ? user : undefined);
    });
  }

  #decide(x: Exchange, key: string, user: User | undefined): Identity | Reply {
    const untilMs = this.#clock.now() + this.#rememberedForMs;
    (user === undefined ? this.#refused : this.#right).set(key, { user, untilMs });
    return this.#answer(x, user);
  }

  /** The only way in. */
  #answer(x: Exchange, user: User | undefined): Identity | Reply {
    if (user === undefined) return this.#wrong;
    if (!this.#forwardCredentials) x.request.headers.delete("authorization");
    return user;
  }

  /** Who is listed as before is who was verified before; who was refused may be let in now. */
  #usersChanged(): void {
    this.#refused = new RecentMap(WRONG_ENTRIES);
    this.#standIns = this.#makeStandIns();
  }

  #makeStandIns(): StandIns {
    return new StandIns(Array.from(this.#users.all.values(), ({ hash }) => hash));
  }
}

function userKind({ callerToHeaders }: BasicConfig, around: Around): ListingKind<BasicUser, User> {
  return {
    field: "users",
    many: "users",
    one: "user",
    entry: basicUser,
    idField: "name",
    idOf: ({ name }) => name.normalize("NFC"),
    make(given, before) {
      const entry = JSON.stringify(given);
      if (before?.entry === entry) return before;
      checkListedCaller(given, around);
      const caller = callerOf("basic", given.name.normalize("NFC"), given);
      const hash = readHash(caller.id, given.passwordHash);
      return { hash, caller, headers: callerFields(callerToHeaders, caller), entry };
    },
  };
}

function readHash(user: string, passwordHash: string): SecretHash {
  const hash = parseSecretHash(passwordHash);
  if (typeof hash !== "string") return hash;
  throw new ConfigMistake(
    `the passwordHash of the user ${user} cannot be used: ${hash}`,
    ["passwordHash"],
    "make one with hashPassword(password)",
  );
}

export const basicPolicy: AuthenticatorKind<"basic", typeof basicConfig> = {
  name: "basic",
  summary: "Lets requests pass that bear the name and the password of a listed user (HTTP Basic).",
  config: basicConfig,
  refusals: REFUSALS,
  establishes: "caller",
  facts: ({ callerToHeaders, users }) => ({
    credentials: ["Basic credentials"],
    identityHeaders: identityHeadersOf(callerToHeaders),
    claims: claimsOfListed("users", users),
  }),
  create(config, around) {
    refuseSharedHeaders(config.callerToHeaders);
    return new BasicAuthenticator(config, around);
  },
};
