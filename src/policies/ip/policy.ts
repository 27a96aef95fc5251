import type { z } from "zod";
import type { Exchange } from "../../core/exchange.ts";
import { PolicyConfigError, type Policy, type PolicyKind } from "../../core/policy.ts";
import { refuse, type Reply } from "../../core/reply.ts";
import type { RefusalKind } from "../../http/refusal.ts";
import { AddressSet } from "../../lib/address-ranges.ts";
import { NO_ADDRESS, readAddress } from "../../lib/ip-address.ts";
import { readAddressFile } from "./address-file.ts";
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
  files: ({ allowFile, denyFile }) => [allowFile, denyFile].filter((file) => file !== undefined),
  create: (config) => new AddressRules(config),
};

class AddressRules implements Policy {
  /** Undefined where everybody may pass who is not denied. */
  readonly #allowed: AddressSet | undefined;
  readonly #denied: AddressSet;

  constructor(config: z.output<typeof ipConfig>) {
    const { allow, allowFile, deny = [], denyFile } = config;
    this.#denied = new AddressSet(
      denyFile === undefined ? deny : [...deny, ...readAddressFile("denyFile", denyFile)],
    );
    const listed = allowFile === undefined ? [] : readAddressFile("allowFile", allowFile);
    if (allow === undefined && allowFile === undefined) return;
    this.#allowed = new AddressSet([...(allow ?? []), ...listed]);
    if (this.#allowed.isEmpty) {
      throw new PolicyConfigError(
        `${allowFile} has no entries, so nobody could pass`,
        ["allowFile"],
        "add entries, or leave it out if everybody may pass",
      );
    }
  }

  request(x: Exchange): Reply | void {
    // Never a header, which says whatever its sender likes: what a trusted proxy has said is in here.
    const kind = readAddress(x.from.address);
    // Who has no address has gone already, and cannot be told from those who are denied.
    if (kind === NO_ADDRESS || this.#denied.hasRead(kind)) return refuse(DENIED);
    return this.#allowed === undefined || this.#allowed.hasRead(kind) ? undefined : refuse(DENIED);
  }
}
