import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { JoseCase, JoseSuite, KnownException } from "./case.ts";
import { publicPart } from "./public-part.ts";

interface Example {
  readonly title: string;
  readonly input: { readonly key: Readonly<Record<string, unknown>> };
  readonly output: { readonly compact?: string };
}

const EXCEPTIONS: readonly KnownException[] = [
  {
    ids: ["jws/4_5.signature_with_detached_content.json"],
    reason: "valid, refused: the payload is elsewhere, and a JSON Web Token brings its claims",
  },
  {
    ids: ["rfc7797/hmac-sha2_b64_false.json"],
    reason: "valid, refused: b64 false is no way to write a JSON Web Token (RFC 7797)",
  },
];

/** ietf-jose/cookbook: the examples of RFC 7520, 7797 and 8037, each also with its signature changed. */
export function readCookbook(folder: string): JoseSuite {
  const files = globSync("{jws/*,rfc7797/*,curve25519/jws}.json", { cwd: folder }).toSorted();
  const cases: JoseCase[] = [];
  let withoutCompact = 0;
  for (const file of files) {
    const { title, input, output } = JSON.parse(readFileSync(join(folder, file), "utf8")) as Example;
    const token = output.compact;
    if (token === undefined) {
      withoutCompact++;
      continue;
    }
    const id = file.replaceAll("\\", "/");
    const keys = [publicPart(input.key)];
    cases.push({ id, comment: title, token, keys, isValid: true });
    cases.push({ id: `${id}, changed`, comment: title, token: changed(token), keys, isValid: false });
  }
  return {
    name: "RFC 7520, 7797 and 8037",
    cases,
    exceptions: EXCEPTIONS,
    skipped: { "there is no compact form of them": withoutCompact },
  };
}

/** The token with the first character of its signature changed. */
function changed(token: string): string {
  const at = token.lastIndexOf(".") + 1;
  return token.slice(0, at) + (token[at] === "A" ? "B" : "A") + token.slice(at + 1);
}
