/** Names whose values are secrets, in any spelling: `secret`, `clientSecret`, `api_key`, `Authorization`, ... */
export const SECRET_KEY =
  /secret|pepper|passw|passphrase|token|authorization|cookie|hash|(?:private|api|access|signing|client)[-_]?key/i;

/** What `env` takes: a secret that stands there by mistake is seldom one. */
export const VARIABLE_NAME = /^[A-Za-z_][A-Za-z0-9_]{0,199}$/;

/** The user and password of a URL, which people write there with slashes in them, too. */
const URL_CREDENTIALS = /(:\/\/)[^\s"'`]{1,2000}@/g;

const MASKS: readonly (readonly [RegExp, string])[] = [
  // A key in PEM spans lines; its name stays.
  [/(-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----)[^-]*/g, "$1***"],
  // Which parameters of a query are secret, only those know who read it.
  [/([?&][^\s=&?"'`]{1,100}=)[^\s&"'`)]*/g, "$1***"],
  [/\b(Bearer|Basic|Digest|Negotiate)(\s{1,5})[A-Za-z0-9+/._~=-]+/gi, "$1$2***"],
  [/\beyJ[A-Za-z0-9_-]{4,}\.[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]*)*/g, "***"],
  [
    new RegExp(`((?:${SECRET_KEY.source})[\\w-]{0,40}["'\`]?\\s{0,5}[:=]\\s{0,5}["'\`]?)[^"'\`\\n]+`, "gi"),
    "$1***",
  ],
  // A key of the policy apiKey; its public part stays.
  [/\b([a-z][a-z0-9_]{0,19}_[0-9A-Za-z]{12}_)[0-9A-Za-z]{38}\b/g, "$1***"],
  // The end of an argon2 hash, which commas part from its beginning where YAML is written in braces.
  [/(\bp=\d{1,9}\$)[A-Za-z0-9+/$]+/g, "$1***"],
  // V8 quotes what it could not parse, which may be a body or a key.
  [/, (?:\.\.\.)?"[^]*?"(?:\.\.\.)? is not valid JSON/g, ", the text is not valid JSON"],
];

/**
 * A text that others composed, such as an error's message, with what looks like a secret masked. By looks only: a secret
 * in words that nothing gives away stays.
 */
export function redact(text: string): string {
  let masked = maskUrls(text);
  for (const [looks, mask] of MASKS) masked = masked.replace(looks, mask);
  return masked;
}

/** A text with the credentials of URLs masked, and nothing else. */
export function maskUrls(text: string): string {
  return text.replace(URL_CREDENTIALS, "$1***@");
}

/** Whether something in a text looks like a secret, beside credentials of URLs. */
export function holdsSecret(text: string): boolean {
  return MASKS.some(([looks]) => text.search(looks) !== -1);
}
