import type { Algorithm } from "./algorithms.ts";
import type { KeySource } from "./key-source.ts";
import { ALGORITHM, SIGNATURE, TYPE, type Fault } from "./refusals.ts";
import type { VerificationKey } from "./signature.ts";
import type { ReadToken } from "./token.ts";

const ACCESS_TOKEN_TYPE = /^(application\/)?(at\+)?jwt$/i;

/**
 * Checks what a token's header says and its signature; undefined when both are good. A promise when the key may be known
 * later: then ask again, until `mayWait` is false.
 */
export function checkSignature(
  token: ReadToken,
  algorithms: ReadonlySet<string>,
  keys: KeySource,
  mayWait: boolean,
): Fault | Promise<void> | undefined {
  const { algorithm, type } = token;
  if (!isOneOf(algorithm, algorithms)) return { kind: ALGORITHM };
  if (type !== undefined && (typeof type !== "string" || !ACCESS_TOKEN_TYPE.test(type)))
    return { kind: TYPE };
  const key = keys.find(algorithm, token.kid, mayWait);
  if (!("verifies" in key)) return key;
  return isSignedBy(key, token) ? undefined : { kind: SIGNATURE };
}

/** What the machine fails at, as when it is out of memory, is not verified either. */
function isSignedBy(key: VerificationKey, { input, signature }: ReadToken): boolean {
  try {
    return key.verifies(input, signature);
  } catch {
    return false;
  }
}

function isOneOf(algorithm: string, accepted: ReadonlySet<string>): algorithm is Algorithm {
  return accepted.has(algorithm);
}
