import { z } from "zod";
import { ConfigMistake } from "../../lib/config-mistake.ts";
import type { Around } from "../../contract/around.ts";
import type { Events } from "../../core/events.ts";
import type { Clock } from "../../host/host.ts";
import { WatchedFile, type FileContent } from "../../host/watched-file.ts";
import { decodeStrictJson } from "../../lib/strict-json.ts";
import type { TokenIdentity } from "./claims.ts";
import { revocation, type JwtConfig, type Revocation } from "./schema.ts";

/**
 * A bound on how long no request is served while a file is read anew. Measured (Node.js 26.10, a busy machine): 40 000 entries are 2 MB and
 * take half a second, of which most is the schema.
 */
const MAX_FILE_BYTES = 2 * 1024 ** 2;
const revocationList = z.array(revocation);

/** Tokens that the config takes back, and those of a file that is read anew when it changes. */
export class ListedRevocations {
  readonly #listed: readonly Revocation[];
  readonly #name: string;
  readonly #file: WatchedFile | undefined;
  readonly #clock: Clock;
  readonly #events: Events;
  #ids: ReadonlySet<unknown> = new Set();
  /** By subject, the moment before which its tokens were issued, in milliseconds. */
  #subjects: ReadonlyMap<string, number> = new Map();

  constructor(
    { revoked, revokedFile }: Pick<JwtConfig, "revoked" | "revokedFile">,
    { host, events }: Pick<Around, "host" | "events">,
  ) {
    this.#listed = revoked;
    this.#clock = host.clock;
    this.#events = events;
    this.#name = revokedFile ?? "";
    this.#fill([]);
    if (revokedFile === undefined) return;
    this.#file = new WatchedFile(revokedFile, MAX_FILE_BYTES);
    const read = readList(this.#file.read());
    if ("problem" in read) throw new ConfigMistake(`${revokedFile}: ${read.problem}`, ["revokedFile"]);
    this.#fill(read.list);
  }

  /** Asked with every request, also for tokens whose verdict is remembered. */
  revoked({ caller }: TokenIdentity): boolean {
    if (this.#ids.size > 0 && this.#ids.has(caller.claims["jti"])) return true;
    if (this.#subjects.size === 0) return false;
    const notBeforeMs = this.#subjects.get(caller.id);
    if (notBeforeMs === undefined) return false;
    const iat = caller.claims["iat"];
    // Of a token that does not say when it was issued it cannot be known that it is a later one.
    return typeof iat !== "number" || iat * 1000 < notBeforeMs;
  }

  watch(): void {
    this.#file?.watch(this.#clock, (content) => this.#readAnew(content));
  }

  close(): void {
    this.#file?.close();
  }

  /** A file that cannot be used changes nothing: what the last good one takes back does not pass again. */
  #readAnew(content: FileContent): void {
    const file = this.#name;
    const what = "revoked tokens";
    const read = readList(content);
    if ("problem" in read) {
      this.#events.tell({ kind: "file.unusable", file, what, problem: read.problem });
      return;
    }
    this.#fill(read.list);
    this.#events.tell({ kind: "file.read_anew", file, what, entries: read.list.length });
  }

  #fill(more: readonly Revocation[]): void {
    const nowMs = this.#clock.wall();
    const ids = new Set<unknown>();
    const subjects = new Map<string, number>();
    for (const entry of [...this.#listed, ...more]) {
      if (entry.until !== undefined && nowMs >= entry.until) continue;
      if ("jti" in entry) ids.add(entry.jti);
      else subjects.set(entry.sub, Math.max(entry.notBefore, subjects.get(entry.sub) ?? 0));
    }
    this.#ids = ids;
    this.#subjects = subjects;
  }
}

/** Says where something is wrong, and repeats nothing that stands there. */
function readList(
  content: FileContent,
): { readonly list: readonly Revocation[] } | { readonly problem: string } {
  if (content.problem !== undefined) return { problem: content.problem };
  const value = decodeStrictJson(content.bytes);
  if (!Array.isArray(value))
    return { problem: "it is no JSON list in UTF-8, or has a name twice in one object" };
  const { data, error } = revocationList.safeParse(value);
  if (data !== undefined) return { list: data };
  const [index = ""] = error.issues[0]!.path;
  return { problem: `[${String(index)}] is neither { jti } nor { sub, notBefore }, with or without until` };
}
