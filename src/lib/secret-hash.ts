import { argon2, randomBytes, timingSafeEqual } from "node:crypto";

/** An argon2id hash with its parameters, as a PHC string holds it. */
export interface SecretHash {
  readonly memoryKib: number;
  readonly passes: number;
  readonly parallelism: number;
  readonly salt: Uint8Array;
  readonly tag: Uint8Array;
}

/** OWASP's least parameters for argon2id; hashes that cost less are refused. */
const LEAST = { memoryKib: 19_456, passes: 2 };
/** Bounds on what one look at a secret may cost the gateway. */
const MOST = { memoryKib: 262_144, passes: 16, parallelism: 16 };
const SALT_BYTES = 16;
const TAG_BYTES = 32;

const PHC =
  /^\$argon2id\$v=19\$m=([1-9]\d{0,6}),t=([1-9]\d{0,3}),p=([1-9]\d{0,3})\$([A-Za-z0-9+/]{11,86})\$([A-Za-z0-9+/]{22,86})$/;

/** Hashes a secret or password for the config: an argon2id PHC string with a salt of its own. */
export async function hashSecret(secret: string): Promise<string> {
  const hash = { ...LEAST, parallelism: 1, salt: randomBytes(SALT_BYTES) };
  const tag = await derive(secret, hash, TAG_BYTES);
  return `$argon2id$v=19$m=${hash.memoryKib},t=${hash.passes},p=${hash.parallelism}$${unpadded(hash.salt)}$${unpadded(tag)}`;
}

/** Reads a PHC string; text says what is wrong with it. Never repeats the string. */
export function parseSecretHash(phc: string): SecretHash | string {
  const match = PHC.exec(phc);
  if (match === null) return "it is no argon2id hash ($argon2id$v=19$m=...,t=...,p=...$salt$hash)";
  const hash: SecretHash = {
    memoryKib: Number(match[1]),
    passes: Number(match[2]),
    parallelism: Number(match[3]),
    salt: Buffer.from(match[4]!, "base64"),
    tag: Buffer.from(match[5]!, "base64"),
  };
  if (hash.memoryKib < LEAST.memoryKib || hash.passes < LEAST.passes) {
    return `it is too weak: at least m=${LEAST.memoryKib},t=${LEAST.passes} is needed`;
  }
  if (hash.memoryKib > MOST.memoryKib || hash.passes > MOST.passes || hash.parallelism > MOST.parallelism) {
    return `it costs too much: at most m=${MOST.memoryKib},t=${MOST.passes},p=${MOST.parallelism} is taken`;
  }
  return hash;
}

/** Whether `secret` is what was hashed, in a time that does not depend on where they differ. */
export async function verifySecret(secret: string, hash: SecretHash): Promise<boolean> {
  return timingSafeEqual(await derive(secret, hash, hash.tag.length), hash.tag);
}

function derive(secret: string, hash: Omit<SecretHash, "tag">, tagLength: number): Promise<Buffer> {
  const parameters = {
    message: secret,
    nonce: hash.salt,
    parallelism: hash.parallelism,
    memory: hash.memoryKib,
    passes: hash.passes,
    tagLength,
  };
  return new Promise((resolve, reject) => {
    argon2("argon2id", parameters, (error, tag) => {
      if (error === null) resolve(tag);
      else reject(error);
    });
  });
}

function unpadded(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64").replaceAll("=", "");
}
