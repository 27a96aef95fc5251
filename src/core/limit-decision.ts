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
  /** Whether clients are told of it: not of a limit that is only tried. */
  readonly told: boolean;
  /** Requests that may follow at once. */
  readonly remaining: number;
  /** Monotonic milliseconds: when all that the limit allows at once may be used again. */
  readonly fullAtMs: number;
  /** Milliseconds until what was asked for may be there; 0 when it was. */
  readonly waitMs: number;
  /** Whether what was taken is given back at the end of the exchange: a limit of what is under way. */
  readonly untilEnd: boolean;
  /** Undoes what was taken for the exchange, if anything was. */
  giveBack(): void;
}
