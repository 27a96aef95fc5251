import { ProtocolError } from "../http/protocol-error.ts";
import { canonicalTarget } from "../http/target.ts";

/** One segment of a path pattern, or the trailing `*`. */
export type Segment =
  | { readonly kind: "literal"; readonly text: string }
  | { readonly kind: "param"; readonly name: string }
  | { readonly kind: "rest" };

/** A pattern read into segments, or what is wrong with it, for a person. */
export type ParsedPattern =
  | { readonly segments: readonly Segment[]; readonly problem?: undefined }
  | { readonly problem: string };

/** Bounds the depth of a search, whatever a config says. */
const MAX_SEGMENTS = 64;

const PARAM = /^\{([A-Za-z][A-Za-z0-9_-]{0,63})\}$/;

/**
 * Reads a pattern such as `/users/{id}/files/*`: literal segments, `{name}` for one whole segment, `*` at the end for
 * the rest. Literals are brought to the canonical form of request paths (RFC 3986, 6.2.2; what is not ASCII is written as
 * UTF-8 and escaped), so a path that no request can have is a problem here.
 */
export function parsePattern(pattern: string): ParsedPattern {
  if (!pattern.startsWith("/")) return { problem: "a path begins with /" };
  const parts = pattern.slice(1).split("/");
  if (parts.length > MAX_SEGMENTS) return { problem: `a path has at most ${MAX_SEGMENTS} segments` };
  const segments: Segment[] = [];
  const names = new Set<string>();
  for (const [i, part] of parts.entries()) {
    const last = i === parts.length - 1;
    const name = PARAM.exec(part)?.[1];
    if (name !== undefined) {
      if (names.has(name)) return { problem: `the parameter {${name}} occurs twice` };
      names.add(name);
      segments.push({ kind: "param", name });
    } else if (part === "*") {
      if (!last) return { problem: "* stands for the rest of a path, so it is the last segment" };
      segments.push({ kind: "rest" });
    } else if (part === "" && !last) {
      return { problem: "a path has no empty segments: requests with // are refused" };
    } else {
      const literal = readLiteral(part);
      if (literal.problem !== undefined) return { problem: `${JSON.stringify(part)}: ${literal.problem}` };
      segments.push({ kind: "literal", text: literal.text });
    }
  }
  return { segments };
}

function readLiteral(
  part: string,
): { readonly text: string; readonly problem?: undefined } | { readonly problem: string } {
  if (/[{}]/.test(part)) {
    return {
      problem: "a parameter is a whole segment, such as {id}; its name is made of letters, digits, _ and -",
    };
  }
  if (part.includes("*")) return { problem: "* is a whole segment at the end; write %2A for the character" };
  if (part.includes("?"))
    return { problem: "a path has no query; conditions on it have a place of their own" };
  if (!part.isWellFormed()) return { problem: "this is not well-formed Unicode" };
  try {
    // oxlint-disable-next-line no-control-regex
    const escaped = part.replace(/[^\x00-\x7f]+/g, encodeURIComponent);
    return { text: canonicalTarget(`/${escaped}`).path.slice(1) };
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    return { problem: `no request can have such a path. ${error.message}` };
  }
}
