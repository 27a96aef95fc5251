/** Who is calling, once a policy has established it. */
export interface Caller {
  /** How it was established. */
  readonly kind: "jwt";
  /** Of a token, its `sub`. */
  readonly id: string;
  /** All claims of the token: strict JSON, frozen, without prototypes. */
  readonly claims: Readonly<Record<string, unknown>>;
  /** What the caller may do: `scope` or `scp` of the token, taken apart; empty when it says nothing. */
  readonly scopes: readonly string[];
}
