/** How clients are told about a limit: texts of header fields, made once for each policy. */
export interface LimitTerms {
  /** The name as a string of RFC 9651, in quotes. */
  readonly item: string;
  /** The member of `RateLimit-Policy`: name, quota, window. */
  readonly policyItem: string;
  /** Requests a window. */
  readonly limit: string;
}

/** What a limit decided about one exchange. */
export interface LimitDecision {
  readonly terms: LimitTerms;
  /** Requests that may follow at once. */
  readonly remaining: number;
  /** Monotonic milliseconds: when all that the limit allows at once may be used again. */
  readonly fullAtMs: number;
}
