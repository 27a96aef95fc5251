import { createHmac, randomInt, type KeyObject } from "node:crypto";
import { crc32 } from "node:zlib";

/** As many as the hash has (RFC 2104, 3). */
export const LEAST_PEPPER_BYTES = 32;

/**
 * A key is `pk_4fZyO82m1KxQ_` and 38 characters: a prefix that says whose keys these are (for people, and for tools that look
 * for keys in public code), an id that may be shown anywhere, 32 characters that are secret, and six of a checksum, as GitHub's
 * tokens have one: of what was mistyped or cut off, or is no key at all, one in 2^32 gets past it to the cryptography. All of it
 * is letters, digits and underscores, so that a double click takes all, and no encoding writes it otherwise.
 *
 * The secret has 190 bits: a plain HMAC keeps it as well as a slow hash would, and costs what a request can bear.
 */
const ID_LENGTH = 12;
const SECRET_LENGTH = 32;
const CHECKSUM_LENGTH = 6;
const TAIL_LENGTH = 1 + SECRET_LENGTH + CHECKSUM_LENGTH;
const MAX_PREFIX_LENGTH = 20;
const MAX_KEY_LENGTH = MAX_PREFIX_LENGTH + 1 + ID_LENGTH + TAIL_LENGTH;

const KEY = /^[a-z][a-z0-9_]{0,19}_[0-9A-Za-z]{12}_[0-9A-Za-z]{38}$/;
export const PREFIX = /^[a-z][a-z0-9_]{0,19}$/;
export const PUBLIC_ID = /^[a-z][a-z0-9_]{0,19}_[0-9A-Za-z]{12}$/;
const HASH = "hmac-sha256:";
export const STORED_HASH = /^hmac-sha256:[A-Za-z0-9_-]{43}$/;

const DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/** The part of a key that may be shown: prefix and id. Undefined for what cannot be a key. */
export function publicIdOf(key: string): string | undefined {
  if (key.length > MAX_KEY_LENGTH || !KEY.test(key)) return undefined;
  const end = key.length - CHECKSUM_LENGTH;
  if (checksum(key.slice(0, end)) !== key.slice(end)) return undefined;
  return key.slice(0, -TAIL_LENGTH);
}

/** A new key; its prefix is one that `PREFIX` takes. */
export function makeKey(prefix: string): string {
  const text = `${prefix}_${randomDigits(ID_LENGTH)}_${randomDigits(SECRET_LENGTH)}`;
  return text + checksum(text);
}

/** What of a key is compared: who reads the config, but not the environment with the pepper, has nothing to try keys against. */
export function digestKey(pepper: KeyObject, key: string): Buffer {
  return createHmac("sha256", pepper).update(key).digest();
}

/** The digest as it stands in a config. */
export function writeHash(digest: Uint8Array): string {
  return HASH + Buffer.from(digest).toString("base64url");
}

export function readHash(text: string): Buffer {
  return Buffer.from(text.slice(HASH.length), "base64url");
}

function checksum(text: string): string {
  let value = crc32(text);
  let digits = "";
  for (let i = 0; i < CHECKSUM_LENGTH; i++) {
    digits = DIGITS[value % 62]! + digits;
    value = Math.floor(value / 62);
  }
  return digits;
}

function randomDigits(length: number): string {
  let digits = "";
  for (let i = 0; i < length; i++) digits += DIGITS[randomInt(62)]!;
  return digits;
}
