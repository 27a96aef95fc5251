import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { Option, type Command } from "commander";
import { readPublicMembers, thumbprintOf } from "../lib/private-key.ts";
import { SIGNATURE_ALGORITHMS, type SignatureAlgorithm } from "../lib/signature-algorithms.ts";
import { examples } from "./text.ts";
import type { Terminal } from "./terminal.ts";

/** `portcullis keys`: the keys that a gateway signs with. */
export function addKeysCommand(program: Command, terminal: Terminal): void {
  const keys = program
    .command("keys")
    .summary("make keys to sign tokens with")
    .description("Keys for the signingKeys of a config.")
    .addHelpText("after", examples("portcullis keys new", "portcullis keys new --algorithm EdDSA"));
  keys
    .command("new")
    .summary("make a private key")
    .description(
      "Makes a private key and prints it as a JWK of one line, as an environment variable takes it; its kid goes to stderr. " +
        "Nothing is stored.",
    )
    .addOption(
      new Option("--algorithm <name>", "what it signs with")
        .choices(SIGNATURE_ALGORITHMS)
        .default("ES256" satisfies SignatureAlgorithm),
    )
    .addHelpText(
      "after",
      examples(
        "portcullis keys new",
        "portcullis keys new --algorithm EdDSA",
        "(umask 077 && portcullis keys new > tokens.jwk)",
      ),
    )
    .action(({ algorithm }: { readonly algorithm: SignatureAlgorithm }) => {
      const { privateKey, publicKey } = generate(algorithm);
      const kid = thumbprintOf(readPublicMembers(publicKey));
      const jwk = { ...privateKey.export({ format: "jwk" }), kid, alg: algorithm, use: "sig" };
      terminal.stdout.write(`${JSON.stringify(jwk)}\n`);
      terminal.stderr.write(`kid: ${kid}\n`);
    });
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
