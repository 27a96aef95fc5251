import { createSecretKey } from "node:crypto";
import type { z } from "zod";
import type { Exchange } from "../../core/exchange.ts";
import type { Authenticator } from "../../core/authenticator.ts";
import { testExchange, type TestRequest } from "../../testing/exchange.ts";
import { identify } from "../../testing/steps.ts";
import { simulatedHost } from "../../simulation/simulated-host.ts";
import { digestKey, makeKey, publicIdOf, writeHash } from "./key-format.ts";
import { apiKeyPolicy } from "./policy.ts";
import { apiKeyConfig } from "./schema.ts";
import { testAround } from "../../testing/around.ts";

export const PEPPER = "a pepper that is long enough, 32 bytes at least";
const pepper = createSecretKey(Buffer.from(PEPPER));

type Entry = NonNullable<z.input<typeof apiKeyConfig>["keys"]>[number];

/** A new key with its entry, of alice unless told. */
export function newKey(given: Partial<Entry> = {}, prefix = "pk"): { key: string; entry: Entry } {
  const key = makeKey(prefix);
  const entry = { id: publicIdOf(key)!, hash: writeHash(digestKey(pepper, key)), owner: "alice", ...given };
  return { key, entry };
}

export function createPolicy(config: Partial<z.input<typeof apiKeyConfig>>, plans?: readonly string[]) {
  const host = simulatedHost();
  const parsed = apiKeyConfig.parse({ pepper: PEPPER, ...config });
  const policy = apiKeyPolicy.create(parsed, testAround({ host, plans }));
  return { policy, host };
}

/** Runs the request hook; the code is empty when the request passed. */
export function ask(
  policy: Authenticator,
  request: TestRequest,
): { x: Exchange; code: string; challenge: string } {
  const x = testExchange(request);
  return { x, ...askFor(policy, x) };
}

export function askFor(policy: Authenticator, x: Exchange): { code: string; challenge: string } {
  const reply = identify(policy, x);
  if (reply instanceof Promise) throw new Error("the hook waits");
  return { code: reply?.refusal?.kind.code ?? "", challenge: reply?.headers?.[1] ?? "" };
}
