import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { readPublicMembers, thumbprintOf } from "../lib/private-key.ts";
import type { SignatureAlgorithm } from "../lib/signature-algorithms.ts";
import type { Terminal } from "./terminal.ts";

/** Makes a private key and prints it. */
export function makeSigningKey(algorithm: SignatureAlgorithm, terminal: Terminal): void {
  const { privateKey, publicKey } = generate(algorithm);
  const kid = thumbprintOf(readPublicMembers(publicKey));
  const jwk = { ...privateKey.export({ format: "jwk" }), kid, alg: algorithm, use: "sig" };
  terminal.stdout.write(`${JSON.stringify(jwk)}\n`);
  terminal.stderr.write(`kid: ${kid}\n`);
}

function generate(algorithm: SignatureAlgorithm): { privateKey: KeyObject; publicKey: KeyObject } {
  switch (algorithm) {
    case "ES256":
      return generateKeyPairSync("ec", { namedCurve: "P-256" });
    case "ES384":
      return generateKeyPairSync("ec", { namedCurve: "P-384" });
    case "ES512":
      return generateKeyPairSync("ec", { namedCurve: "P-521" });
    case "EdDSA":
      return generateKeyPairSync("ed25519");
    default:
      return generateKeyPairSync("rsa", { modulusLength: 2048 });
  }
}
