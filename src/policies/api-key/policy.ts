import { createSecretKey, type KeyObject } from "node:crypto";
import {
  checkListedCaller,
  claimsOfListed,
  identityHeadersOf,
  refuseSharedHeaders,
} from "../../callers/caller-schema.ts";
import type { Authenticator, Identity } from "../../core/authenticator.ts";
import type { Exchange } from "../../core/exchange.ts";
import { Listing, type ListingKind } from "../../callers/listing.ts";
import { ConfigMistake } from "../../lib/config-mistake.ts";
import type { AuthenticatorKind } from "../../contract/policy-kind.ts";
import type { Around } from "../../contract/around.ts";
import { challengesOf, type Reply } from "../../core/reply.ts";
import type { Clock } from "../../host/host.ts";
import { LEAST_PEPPER_BYTES, publicIdOf } from "./key-format.ts";
import { isKey, knownKey, type KnownKey } from "./key-table.ts";
import { parameterValues, withoutParameter } from "./query-parameter.ts";
import {
  AMBIGUOUS,
  challenge,
  DISABLED,
  EXPIRED,
  MALFORMED,
  MISSING,
  REFUSALS,
  UNKNOWN,
} from "./refusals.ts";
import { apiKeyConfig, keyEntry, type ApiKeyConfig, type KeyEntry } from "./schema.ts";

/** Says who is calling, by keys that are listed. */
class ApiKeyAuthenticator implements Authenticator {
  readonly challenges: readonly string[];
  readonly #keys: Listing<KeyEntry, KnownKey>;
  readonly #peppers: readonly KeyObject[];
  readonly #clock: Clock;
  readonly #header: string | undefined;
  readonly #parameter: string;
  readonly #forwardKey: boolean;

  readonly #missing: Reply;
  readonly #ambiguous: Reply;
  readonly #malformed: Reply;
  readonly #unknown: Reply;
  readonly #expired: Reply;
  readonly #disabled: Reply;

  constructor(
    config: ApiKeyConfig,
    keys: Listing<KeyEntry, KnownKey>,
    peppers: readonly KeyObject[],
    clock: Clock,
  ) {
    this.#keys = keys;
    this.#peppers = peppers;
    this.#clock = clock;
    this.#header = "header" in config.from ? config.from.header : undefined;
    this.#parameter = "query" in config.from ? config.from.query : "";
    this.#forwardKey = config.forwardKey;
    this.#missing = challenge(config, MISSING);
    this.challenges = challengesOf(this.#missing);
    this.#ambiguous = challenge(config, AMBIGUOUS);
    this.#malformed = challenge(config, MALFORMED);
    this.#unknown = challenge(config, UNKNOWN);
    this.#expired = challenge(config, EXPIRED);
    this.#disabled = challenge(config, DISABLED);
  }

  bears(x: Exchange): boolean {
    return this.#values(x).some((value) => value !== "");
  }

  identify(x: Exchange): Identity | Reply {
    const values = this.#values(x);
    // Gateway and service might each believe another one.
    if (values.length > 1) return this.#ambiguous;
    const key = values[0] ?? "";
    if (key === "") return this.#missing;
    const id = publicIdOf(key);
    if (id === undefined) return this.#malformed;
    const known = this.#keys.all.get(id);
    return isKey(key, known, this.#peppers) ? this.#admit(x, known) : this.#unknown;
  }

  /** The only way in. That a key is disabled or has expired, only those learn who have all of it. */
  #admit(x: Exchange, known: KnownKey): Identity | Reply {
    if (known.disabled) return this.#disabled;
    if (this.#clock.wall() >= known.validUntilMs) return this.#expired;
    if (!this.#forwardKey) this.#strip(x.request);
    return known;
  }

  #strip(request: Exchange["request"]): void {
    if (this.#header === undefined) request.query = withoutParameter(request.query, this.#parameter);
    else request.headers.delete(this.#header);
  }

  close(): void {
    this.#keys.close();
  }

  #values(x: Exchange): string[] {
    return this.#header === undefined
      ? parameterValues(x.request.query, this.#parameter)
      : x.request.headers.getAll(this.#header);
  }
}

function listKeys({ keys, file, callerToHeaders }: ApiKeyConfig, around: Around) {
  const kind: ListingKind<KeyEntry, KnownKey> = {
    field: "keys",
    many: "API keys",
    one: "key",
    entry: keyEntry,
    idField: "id",
    idOf: ({ id }) => id,
    make(entry) {
      checkListedCaller(entry, around);
      return knownKey(entry, callerToHeaders);
    },
  };
  return new Listing(kind, { entries: keys, file }, around);
}

function readPeppers({ pepper, oldPeppers }: ApiKeyConfig): readonly KeyObject[] {
  const old = oldPeppers.map((one, i) => readPepper(one, ["oldPeppers", i]));
  const twice = oldPeppers.findIndex((one, i) => [pepper, ...oldPeppers].indexOf(one) <= i);
  if (twice === -1) return [readPepper(pepper, ["pepper"]), ...old];
  throw new ConfigMistake(
    "this pepper is given twice",
    ["oldPeppers", twice],
    "give the one that keys were hashed with before, or leave it out",
  );
}

function readPepper(pepper: string, path: readonly (string | number)[]): KeyObject {
  const bytes = Buffer.from(pepper);
  if (bytes.length >= LEAST_PEPPER_BYTES) return createSecretKey(bytes);
  throw new ConfigMistake(
    `the pepper has ${bytes.length} bytes; at least ${LEAST_PEPPER_BYTES} are needed`,
    path,
    `make one with: openssl rand -base64 ${LEAST_PEPPER_BYTES}`,
  );
}

export const apiKeyPolicy: AuthenticatorKind<"apiKey", typeof apiKeyConfig> = {
  name: "apiKey",
  summary: "Lets requests pass that bear an API key which is listed, and tells services who is calling.",
  config: apiKeyConfig,
  refusals: REFUSALS,
  establishes: "caller",
  facts: ({ callerToHeaders, from, keys }) => ({
    identityHeaders: identityHeadersOf(callerToHeaders),
    credentials: "query" in from ? [`the query parameter ${from.query}`] : [],
    clientHeaders: "header" in from ? [{ header: from.header, path: ["from", "header"] }] : [],
    claims: claimsOfListed("keys", keys),
  }),
  create(config, around) {
    refuseSharedHeaders(config.callerToHeaders);
    const peppers = readPeppers(config);
    return new ApiKeyAuthenticator(config, listKeys(config, around), peppers, around.host.clock);
  },
};
