import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { JoseCase, JoseSuite, KnownException } from "./case.ts";
import { publicPart } from "./public-part.ts";

type Jwk = Readonly<Record<string, unknown>>;

interface Group {
  readonly private?: Jwk;
  readonly public?: Jwk;
  readonly tests: readonly {
    readonly tcId: number;
    readonly comment: string;
    readonly result: "valid" | "invalid";
    readonly jws?: unknown;
  }[];
}

const SIGNATURE_EXCEPTIONS: readonly KnownException[] = [
  {
    ids: ["259", "264", "268", "272", "320", "325"],
    reason: "valid, refused: the payload is empty, and a JSON Web Token has claims",
  },
  {
    ids: ["346", "350"],
    reason: "valid, refused: the key says that it is for PS256, and the token is signed with PS384",
  },
  {
    ids: ["347", "351"],
    reason: "valid, refused: the key says that it is for ES521, which is no algorithm",
  },
  {
    ids: ["372", "373"],
    reason: "valid, refused: the token has characters that base64url does not have (RFC 7515, 2)",
  },
  {
    ids: ["367", "370"],
    reason:
      "invalid, accepted: the comment speaks of padding, and the token in the file has none; it is that of 357",
  },
];

/** C2SP/wycheproof, testvectors_v1: JSON Web Signature, JSON Web Key, and of JSON Web Crypto what is signed. */
export function readWycheproof(folder: string): JoseSuite[] {
  return [
    readFile(folder, "json_web_signature_test.json", SIGNATURE_EXCEPTIONS),
    readFile(folder, "json_web_key_test.json", []),
    readFile(folder, "json_web_crypto_test.json", []),
  ];
}

function readFile(folder: string, file: string, exceptions: readonly KnownException[]): JoseSuite {
  const { testGroups } = JSON.parse(readFileSync(join(folder, file), "utf8")) as { testGroups: Group[] };
  const cases = testGroups.flatMap((group) => {
    const keys = keysOf(group.public ?? group.private ?? {}).map(publicPart);
    const signed = group.tests.filter(({ jws }) => jws !== undefined);
    return signed.map(({ tcId, comment, result, jws }): JoseCase => ({
      id: String(tcId),
      comment,
      token: jws,
      keys,
      isValid: result === "valid",
    }));
  });
  const encrypted = testGroups.flatMap(({ tests }) => tests).length - cases.length;
  const skipped = encrypted === 0 ? {} : { "they are encrypted, and no signed token": encrypted };
  return { name: `Wycheproof, ${file}`, cases, exceptions, skipped };
}

/** One key, or a set of them. */
function keysOf(given: Jwk): readonly Jwk[] {
  return Array.isArray(given["keys"]) ? (given["keys"] as Jwk[]) : [given];
}
