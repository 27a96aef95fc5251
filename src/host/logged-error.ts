import { redact } from "../lib/redact.ts";

/** An error as the log shows it. */
interface LoggedError {
  readonly type: string;
  readonly message: string;
  readonly stack?: string;
  readonly code?: string;
  readonly cause?: LoggedError;
}

/** A client can make a function throw with a text of its own; the search for secrets in it must stay cheap. */
const MOST_TEXT = 8192;
const MOST_CAUSES = 3;

/**
 * What the log says of `error`: its own words, with secrets masked, and nothing else that hangs on it. Errors of HTTP clients
 * carry the request with its Authorization, and what a function throws that is no error may be a request's headers.
 */
export function describeError(error: unknown, causes = MOST_CAUSES): LoggedError {
  if (!(error instanceof Error)) {
    const message = typeof error === "object" && error !== null ? "not an Error" : textOf(error);
    return { type: typeof error, message };
  }
  const { name, message, stack, cause } = error;
  const code = "code" in error && typeof error.code === "string" ? error.code : undefined;
  return {
    type: textOf(name),
    message: textOf(message),
    ...(stack === undefined ? undefined : { stack: textOf(stack) }),
    ...(code === undefined ? undefined : { code: textOf(code) }),
    ...(cause === undefined || causes === 0 ? undefined : { cause: describeError(cause, causes - 1) }),
  };
}

function textOf(value: unknown): string {
  return redact(String(value).slice(0, MOST_TEXT));
}
