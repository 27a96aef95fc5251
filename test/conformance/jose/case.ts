/** One token with the keys that it is to be checked with, and what its authors say of it. */
export interface JoseCase {
  /** As its suite names it. */
  readonly id: string;
  readonly comment: string;
  readonly token: unknown;
  /** JSON Web Keys, as the authors would hand them to whoever verifies. */
  readonly keys: readonly Readonly<Record<string, unknown>>[];
  readonly isValid: boolean;
}

/** A case in which the gateway decides otherwise than the authors, on purpose. */
export interface KnownException {
  readonly ids: readonly string[];
  readonly reason: string;
}

export interface JoseSuite {
  readonly name: string;
  readonly cases: readonly JoseCase[];
  readonly exceptions: readonly KnownException[];
  /** What was not tried, and how many of it. */
  readonly skipped: Readonly<Record<string, number>>;
}
