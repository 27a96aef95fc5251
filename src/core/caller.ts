/** Who is calling, once a policy has established it. */
export interface Caller<Claims = Readonly<Record<string, unknown>>> {
  /** How it was established. */
  readonly kind: "jwt" | "apiKey" | "basic" | "introspection";
  /** Of a token, its `sub`; of a key, its owner; else the name that was authenticated. Unique within its kind. */
  readonly id: string;
  /** All claims of the token: strict JSON, frozen, without prototypes. */
  readonly claims: Claims;
  /** What the caller may do: `scope` or `scp` of the token, taken apart; empty when it says nothing. */
  readonly scopes: readonly string[];
  /** The plan that it is on, by the name that limits know it by. */
  readonly plan?: string;
}
