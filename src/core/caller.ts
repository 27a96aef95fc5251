/** Who is calling, once a policy has established it. */
export interface Caller {
  /** How it was established. */
  readonly kind: "jwt";
  readonly id: string;
  readonly claims: Readonly<Record<string, unknown>>;
  readonly scopes: readonly string[];
}
