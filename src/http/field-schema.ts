import { z } from "zod";

/** What a header field's name may be (RFC 9110, 5.1), in any case, and its value (5.5). */
export const FIELD_NAME = /^[A-Za-z0-9!#$%&'*+.^`|~-]+$/;
export const FIELD_VALUE = /^(?:[\x21-\x7e\x80-\xff](?:[\t\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?)?$/;

/**
 * The name of a header field in a config (RFC 9110, 5.1), in any case. No underscore: many services read `x_user_id` and
 * `x-user-id` as one name, and requests that hold one are refused.
 */
export const fieldName = z
  .string()
  .max(200)
  .regex(FIELD_NAME, "expected a header name: no spaces, colons or underscores");

/**
 * The value of a header field in a config (RFC 9110, 5.5). A line break would begin a field, or a response, that nobody
 * configured (response splitting); blanks at the ends are lost on the way.
 */
export const fieldValue = z
  .string()
  .max(8192)
  .regex(FIELD_VALUE, "expected a text without line breaks, other control characters and blanks at its ends");

/** What is protected, as WWW-Authenticate names it: it stands between quotes as it is (RFC 9110, 11.5). */
export const realm = z
  .string()
  .regex(/^[\x20\x21\x23-\x5b\x5d-\x7e]{1,100}$/, "expected printable ASCII without quotes and backslashes");
