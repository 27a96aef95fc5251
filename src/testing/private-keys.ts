import { generateKeyPairSync, type KeyObject } from "node:crypto";
import type { SignatureAlgorithm } from "../lib/signature-algorithms.ts";

/** One RSA key serves all tests of a file: to make one takes a tenth of a second. */
let rsa: KeyObject | undefined;

/** A private key that fits `algorithm`; a new one each time, but for RSA. */
export function testPrivateKey(algorithm: SignatureAlgorithm): KeyObject {
  switch (algorithm) {
    case "ES256":
      return generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
    case "ES384":
      return generateKeyPairSync("ec", { namedCurve: "P-384" }).privateKey;
    case "ES512":
      return generateKeyPairSync("ec", { namedCurve: "P-521" }).privateKey;
    case "EdDSA":
      return generateKeyPairSync("ed25519").privateKey;
    default:
      return (rsa ??= generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey);
  }
}

export function toPem(key: KeyObject): string {
  return key.export({ type: "pkcs8", format: "pem" });
}

/** The JWK as the text that a config has, with further members. */
export function toJwk(key: KeyObject, more: Readonly<Record<string, unknown>> = {}): string {
  return JSON.stringify({ ...key.export({ format: "jwk" }), ...more });
}
