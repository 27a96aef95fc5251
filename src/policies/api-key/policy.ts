import { createSecretKey, type KeyObject } from "node:crypto";
import { identityHeadersOf, refuseSharedHeaders } from "../../core/caller-schema.ts";
import type { Exchange } from "../../core/exchange.ts";
import { PolicyConfigError, type Policy, type PolicyKind } from "../../core/policy.ts";
import { challengesOf, type Reply } from "../../core/reply.ts";
import type { Clock, Host, Log } from "../../host/host.ts";
import { WatchedFile, type FileContent } from "../../host/watched-file.ts";
import { KeyFileError, MAX_FILE_BYTES, readKeyFile } from "./key-file.ts";
import { LEAST_PEPPER_BYTES, publicIdOf } from "./key-format.ts";
import { findKey, knownKey, type KeyTable, type KnownKey } from "./key-table.ts";
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
import { apiKeyConfig, type ApiKeyConfig } from "./schema.ts";

/** Lets a request pass when it bears a key that is listed, and tells the service who is calling. */
class ApiKeyPolicy implements Policy {
  readonly challenges: readonly string[];
  readonly #config: ApiKeyConfig;
  /** The keys of the config itself. */
  readonly #listed: KeyTable;
  #table: KeyTable;
  readonly #file: WatchedFile | undefined;
  readonly #log: Log;
  readonly #pepper: KeyObject;
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

  constructor(config: ApiKeyConfig, pepper: KeyObject, { clock, log }: Host) {
    this.#config = config;
    this.#pepper = pepper;
    this.#clock = clock;
    this.#log = log;
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
    this.#listed = readKeys(config);
    this.#table = this.#listed;
    if (config.file === undefined) return;
    this.#file = new WatchedFile(config.file, MAX_FILE_BYTES);
    try {
      this.#table = this.#withFile(config.file, this.#file.read());
    } catch (error) {
      if (error instanceof KeyFileError) throw new PolicyConfigError(error.message, ["file"]);
      throw error;
    }
    this.#file.watch(clock, (content) => this.#readAnew(config.file!, content));
  }

  bears(x: Exchange): boolean {
    return this.#values(x).some((value) => value !== "");
  }

  request(x: Exchange): Reply | void {
    const values = this.#values(x);
    // Gateway and service might each believe another one.
    if (values.length > 1) return this.#ambiguous;
    const key = values[0] ?? "";
    if (key === "") return this.#missing;
    const id = publicIdOf(key);
    if (id === undefined) return this.#malformed;
    const known = findKey(this.#table, this.#pepper, key, id);
    return known === undefined ? this.#unknown : this.#admit(x, known);
  }

  /** The only way in. That a key is disabled or has expired, only those learn who have all of it. */
  #admit(x: Exchange, known: KnownKey): Reply | void {
    if (known.disabled) return this.#disabled;
    if (this.#clock.wall() >= known.validUntilMs) return this.#expired;
    x.caller = known.caller;
    const { headers } = known;
    for (let i = 0; i < headers.length; i += 2) x.forwardHeader(headers[i]!, headers[i + 1]!);
    if (this.#forwardKey) return;
    const { request } = x;
    if (this.#header === undefined) request.query = withoutParameter(request.query, this.#parameter);
    else request.headers.delete(this.#header);
  }

  /** A file that cannot be used changes nothing: who is let in by the last good one stays so, and who is not, too. */
  #readAnew(name: string, content: FileContent): void {
    try {
      this.#table = this.#withFile(name, content);
      this.#log.info({ file: name, keys: this.#table.size }, "the API keys were read anew");
    } catch (error) {
      if (!(error instanceof KeyFileError)) throw error;
      this.#log.error(
        { file: name, problem: error.message },
        "the API keys cannot be read anew, the last good ones stay",
      );
    }
  }

  #withFile(name: string, content: FileContent): KeyTable {
    if (content.problem !== undefined) throw new KeyFileError(`${name}: ${content.problem}`);
    const table = new Map(this.#listed);
    for (const entry of readKeyFile(name, content.bytes, this.#listed))
      table.set(entry.id, knownKey(entry, this.#config.callerToHeaders));
    return table;
  }

  close(): void {
    this.#file?.close();
  }

  #values(x: Exchange): string[] {
    return this.#header === undefined
      ? parameterValues(x.request.query, this.#parameter)
      : x.request.headers.getAll(this.#header);
  }
}

function readKeys(config: ApiKeyConfig): KeyTable {
  const table = new Map<string, KnownKey>();
  for (const [i, entry] of config.keys.entries()) {
    if (table.has(entry.id)) {
      throw new PolicyConfigError(
        `the key ${entry.id} is listed twice`,
        ["keys", i, "id"],
        "remove one of them",
      );
    }
    table.set(entry.id, knownKey(entry, config.callerToHeaders));
  }
  return table;
}

function readPepper(pepper: string): KeyObject {
  const bytes = Buffer.from(pepper);
  if (bytes.length >= LEAST_PEPPER_BYTES) return createSecretKey(bytes);
  throw new PolicyConfigError(
    `the pepper has ${bytes.length} bytes; at least ${LEAST_PEPPER_BYTES} are needed`,
    ["pepper"],
    `make one with: openssl rand -base64 ${LEAST_PEPPER_BYTES}`,
  );
}

export const apiKeyPolicy: PolicyKind<"apiKey", typeof apiKeyConfig> = {
  name: "apiKey",
  summary: "Lets requests pass that bear an API key which is listed, and tells services who is calling.",
  config: apiKeyConfig,
  refusals: REFUSALS,
  authenticates: true,
  identityHeaders: (config) => identityHeadersOf(config.callerToHeaders),
  files: ({ file }) => (file === undefined ? [] : [file]),
  create(config, host) {
    refuseSharedHeaders(config.callerToHeaders);
    const { from } = config;
    if ("header" in from && identityHeadersOf(config.callerToHeaders).includes(from.header)) {
      throw new PolicyConfigError(
        `the header ${from.header} carries the key, and is to tell services who is calling`,
        ["callerToHeaders"],
        "give each a header of its own",
      );
    }
    return new ApiKeyPolicy(config, readPepper(config.pepper), host);
  },
};
