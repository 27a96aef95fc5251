import type { z } from "zod";
import type { Events } from "../core/events.ts";
import type { Host } from "../host/host.ts";
import { WatchedFile, type FileContent } from "../host/watched-file.ts";
import { ListFileError, MAX_FILE_BYTES, readListFile } from "./list-file.ts";
import { ConfigMistake } from "../lib/config-mistake.ts";

/** What is listed: keys, users. `E` is an entry as it is written, `V` what is made of it for requests. */
export interface ListingKind<E, V> {
  /** The field of the config that lists them. */
  readonly field: string;
  /** What they are called, as in "the API keys were read anew". */
  readonly many: string;
  /** What one is called, as in "the key pk_... is listed twice". */
  readonly one: string;
  readonly entry: z.ZodType<E>;
  /** By which an entry is found, and the field that holds it. */
  readonly idField: keyof E & string;
  idOf(entry: E): string;
  /** Throws a `ConfigMistake` for what the schema cannot see. `before` is what had this id until now. */
  make(entry: E, before: V | undefined): V;
}

/** What a config says of a listing. */
interface ListingConfig<E> {
  readonly entries: readonly E[];
  /** A file with further ones. */
  readonly file: string | undefined;
}

/**
 * What a config lists, and what a file lists besides, which is read anew when it changes. A file is taken whole or not at all: one
 * that cannot be used changes nothing: the last good one goes on to decide.
 */
export class Listing<E, V> {
  readonly #kind: ListingKind<E, V>;
  readonly #events: Events;
  /** Those of the config itself. */
  readonly #listed = new Map<string, V>();
  readonly #file: WatchedFile | undefined;
  readonly #changed: () => void;
  #all: ReadonlyMap<string, V>;

  /** Throws a `ConfigMistake` where nobody could be let in, or something is wrong with an entry or the file. */
  constructor(
    kind: ListingKind<E, V>,
    config: ListingConfig<E>,
    { host, events }: { readonly host: Host; readonly events: Events },
    changed: () => void = () => {},
  ) {
    const { entries, file } = config;
    this.#kind = kind;
    this.#events = events;
    this.#changed = changed;
    this.#all = this.#listed;
    if (entries.length === 0 && file === undefined) {
      const message = `there are no ${kind.many}, so no request could pass`;
      throw new ConfigMistake(message, [], `list them in ${kind.field}, or name a file that does`);
    }
    for (const [i, entry] of entries.entries()) this.#list(entry, i);
    if (file === undefined) return;
    this.#file = new WatchedFile(file, MAX_FILE_BYTES);
    try {
      this.#all = this.#withFile(file, this.#file.read());
    } catch (error) {
      if (error instanceof ListFileError) throw new ConfigMistake(error.message, ["file"]);
      throw error;
    }
    this.#file.watch(host.clock, (content) => this.#readAnew(file, content));
  }

  /** By id: a map that does not change, and is another one once the file has changed. */
  get all(): ReadonlyMap<string, V> {
    return this.#all;
  }

  close(): void {
    this.#file?.close();
  }

  #list(entry: E, index: number): void {
    try {
      this.#add(this.#listed, entry);
    } catch (error) {
      if (!(error instanceof ConfigMistake)) throw error;
      throw new ConfigMistake(error.message, [this.#kind.field, index, ...error.path], error.hint);
    }
  }

  #readAnew(file: string, content: FileContent): void {
    const what = this.#kind.many;
    try {
      this.#all = this.#withFile(file, content);
    } catch (error) {
      if (!(error instanceof ListFileError)) throw error;
      this.#events.tell({ kind: "file.unusable", file, what, problem: error.message });
      return;
    }
    this.#changed();
    this.#events.tell({ kind: "file.read_anew", file, what, entries: this.#all.size });
  }

  #withFile(file: string, content: FileContent): ReadonlyMap<string, V> {
    if (content.problem !== undefined) throw new ListFileError(`${file}: ${content.problem}`);
    const all = new Map(this.#listed);
    readListFile(file, content.bytes, this.#kind.entry, (entry) => this.#add(all, entry));
    return all;
  }

  #add(map: Map<string, V>, entry: E): void {
    const { idField, one } = this.#kind;
    const id = this.#kind.idOf(entry);
    if (map.has(id))
      throw new ConfigMistake(`the ${one} ${id} is listed twice`, [idField], "remove one of them");
    map.set(id, this.#kind.make(entry, this.#all.get(id)));
  }
}
