/**
 * Whether the value of an Authorization field is a Bearer token, good or bad: the scheme is named in any case (RFC 9110, 11.1), and
 * one space follows.
 */
export function isBearer(authorization: string): boolean {
  return (
    authorization.startsWith("Bearer ") ||
    (authorization.charCodeAt(6) === 0x20 && authorization.slice(0, 6).toLowerCase() === "bearer")
  );
}
