import type { z } from "zod";
import type { Exchange } from "../../core/exchange.ts";
import { ConfigMistake } from "../../lib/config-mistake.ts";
import type { Policy } from "../../core/policy.ts";
import type { Around } from "../../contract/around.ts";
import type { PolicyKind } from "../../contract/policy-kind.ts";
import { refuse, type Reply } from "../../core/reply.ts";
import type { RefusalKind } from "../../http/refusal.ts";
import { AddressSet, type AddressRanges } from "../../lib/address-ranges.ts";
import { NO_ADDRESS, readAddress } from "../../lib/ip-address.ts";
import { AddressFile, AddressFileError } from "./address-file.ts";
import { ipConfig } from "./schema.ts";

/** Says neither which list it was nor what the address is taken to be: whoever tries addresses learns nothing from it. */
const DENIED: RefusalKind = {
  code: "ip.denied",
  status: 403,
  title: "Forbidden",
  detail: "Requests from this address are not accepted here.",
};

/** Who may call, by address. */
export const ipPolicy: PolicyKind<"ip", typeof ipConfig> = {
  name: "ip",
  summary: "Lets requests pass or not by the client's address.",
  config: ipConfig,
  refusals: [DENIED],
  create: (config, around) => new AddressRules(config, around),
};

class AddressRules implements Policy {
  /** Undefined where every address may pass that is not denied. */
  #allowed: AddressSet | undefined;
  #denied: AddressSet;
  readonly #files: AddressFile[] = [];

  constructor({ allow, allowFile, deny = [], denyFile }: z.output<typeof ipConfig>, around: Around) {
    this.#denied = new AddressSet(deny);
    if (allow !== undefined) this.#allowed = new AddressSet(allow);
    const denyAll = (ranges: AddressRanges): void => {
      ranges.add(deny);
      this.#denied = new AddressSet(ranges);
    };
    const allowOnly = (ranges: AddressRanges): void => {
      ranges.add(allow ?? []);
      if (ranges.size === 0) {
        throw new AddressFileError(
          `${allowFile} has no entries, so no request could pass`,
          "add entries, or leave it out if everybody may pass",
        );
      }
      this.#allowed = new AddressSet(ranges);
    };
    // All is read before anything is watched: what is refused here leaves no timer behind.
    const watches = [
      this.#read("denyFile", denyFile, denyAll, around),
      this.#read("allowFile", allowFile, allowOnly, around),
    ];
    for (const watch of watches) watch();
  }

  #read(
    option: string,
    name: string | undefined,
    use: (ranges: AddressRanges) => void,
    around: Around,
  ): () => void {
    if (name === undefined) return () => {};
    const file = new AddressFile(name, around);
    this.#files.push(file);
    try {
      use(file.read());
    } catch (error) {
      if (!(error instanceof AddressFileError)) throw error;
      throw new ConfigMistake(error.message, [option], error.hint);
    }
    return () => file.watch(use);
  }

  close(): void {
    for (const file of this.#files) file.close();
  }

  request(x: Exchange): Reply | void {
    // Never a header, which says whatever its sender likes: what a trusted proxy has said is in here.
    const kind = readAddress(x.client.address);
    // Who has no address has gone already, and cannot be told from those who are denied.
    if (kind === NO_ADDRESS || this.#denied.hasRead(kind)) return refuse(DENIED);
    return this.#allowed === undefined || this.#allowed.hasRead(kind) ? undefined : refuse(DENIED);
  }
}
