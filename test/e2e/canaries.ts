import { hashSecret } from "../../src/lib/secret-hash.ts";
import { sign } from "../../src/policies/jwt/testing.ts";
import { createHmac, generateKeyPairSync } from "node:crypto";

/** A secret that nothing else contains, with characters that every encoding writes in another way. */
export function canary(name: string): string {
  return `cAnArY+${name}/${createHmac("sha256", "canary").update(name).digest("base64url").slice(0, 24)}~=`;
}

/** Every spelling in which a text could get out: as it is, base64 at each of three alignments, hex, percent-encoded, JSON. */
function spellings(secret: string): string[] {
  const bytes = Buffer.from(secret);
  const aligned = [0, 1, 2].flatMap((shift) => {
    const padded = Buffer.concat([Buffer.alloc(shift), bytes]);
    // The first and last characters depend on the neighbours.
    return (["base64", "base64url"] as const).map((coding) => padded.toString(coding).slice(4, -6));
  });
  const percent = encodeURIComponent(secret);
  return [
    secret,
    ...aligned,
    bytes.toString("hex"),
    bytes.toString("hex").toUpperCase(),
    percent,
    percent.toLowerCase(),
    encodeURI(secret),
    JSON.stringify(secret).slice(1, -1),
  ];
}

/** The names of the secrets that `text` holds in any spelling. */
export function findLeaks(text: string, secrets: Readonly<Record<string, string>>): string[] {
  return Object.entries(secrets)
    .filter(([, secret]) => spellings(secret).some((spelling) => text.includes(spelling)))
    .map(([name]) => name);
}

const seconds = Math.floor(Date.now() / 1000);
const claims = (sub: string, exp = seconds + 3600) => ({ sub, iat: seconds - 60, exp });

const hmacSecret = canary("hmac-secret-of-the-gateway-long-enough-for-it");
const clientSecret = canary("client");
const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
const pem = privateKey.export({ type: "pkcs8", format: "pem" });
const valid = sign(claims("one"), undefined, hmacSecret);
const forged = sign(claims("two"), undefined, "another secret");
const expired = sign(claims("three", seconds - 1000), undefined, hmacSecret);

/** Nobody needs more than a signature to use the claims, which anybody can guess. */
const signatureOf = (token: string): string => token.slice(token.lastIndexOf(".") + 1);

/** All the secrets of a session; `*Signature` is what makes a token one. */
export const secrets = {
  hmacSecret,
  clientSecret,
  secretHash: await hashSecret(clientSecret),
  privateKey: pem.split("\n")[1]!,
  valid,
  validSignature: signatureOf(valid),
  forged,
  forgedSignature: signatureOf(forged),
  expired,
  expiredSignature: signatureOf(expired),
  cookie: canary("cookie"),
  setCookie: canary("set-cookie"),
  password: canary("password"),
  queryToken: canary("query"),
  bodySecret: canary("body"),
  custom: canary("api-key"),
  literal: canary("literal-in-the-config"),
};

export const privateKeyPem = pem;
