/**
 * Why a message is refused: the same code in the response, the log line, the metric and the docs. A kind is data, made
 * once; what is special to one request (detail, headers, members) is given where it is refused.
 */
export interface RefusalKind {
  /** Stable and lower case, dotted by owner: `jwt.expired`, `http.bad_request_line`. */
  readonly code: string;
  readonly status: number;
  /** Short, the same every time, for a person: RFC 9457 `title`, and the member `error`. */
  readonly title: string;
  /** What happened and what to do about it: RFC 9457 `detail`. */
  readonly detail: string;
  /** Fields that every response of this kind has; flat, names in lower case. */
  readonly headers?: readonly string[];
  /** RFC 9457 `type`, where a registered URI says the same to every client; else it is the page that explains the code. */
  readonly type?: string;
}
