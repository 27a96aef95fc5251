/** The algorithms whose key is a secret that issuer and gateway share. */
export const SYMMETRIC = ["HS256", "HS384", "HS512"] as const;

/** The algorithms whose tokens everybody can verify and only the issuer can make. */
export const ASYMMETRIC = [
  "RS256",
  "RS384",
  "RS512",
  "PS256",
  "PS384",
  "PS512",
  "ES256",
  "ES384",
  "ES512",
  "EdDSA",
] as const;

export const ALGORITHMS = [...SYMMETRIC, ...ASYMMETRIC] as const;

export type Algorithm = (typeof ALGORITHMS)[number];
