type Jwk = Readonly<Record<string, unknown>>;

const SECRET: ReadonlySet<string> = new Set(["d", "p", "q", "dp", "dq", "qi"]);

/** What whoever verifies gets of a key that signs; of a secret, all. */
export function publicPart(key: Jwk): Jwk {
  if (key["kty"] === "oct") return key;
  return Object.fromEntries(Object.entries(key).filter(([name]) => !SECRET.has(name)));
}
