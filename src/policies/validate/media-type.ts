/** A Content-Type field, as far as rules ask for it. */
export interface MediaType {
  /** Type and subtype, in lower case. */
  readonly essence: string;
  /** In lower case; empty when there is none. */
  readonly charset: string;
}

const ESSENCE = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+\/[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/** One parameter (RFC 9110, 5.6.6); read one after the other, so that no blank can be tried in two places. */
const PARAMETER =
  /[ \t]*;[ \t]*(?:([!#$%&'*+.^_`|~0-9A-Za-z-]+)=(?:([!#$%&'*+.^_`|~0-9A-Za-z-]+)|"((?:[^"\\]|\\.)*)"))?/y;

/**
 * Reads a media type (RFC 9110, 8.3.1); undefined for what is none, and for one that names two charsets: readers disagree on
 * which of them counts.
 */
export function readMediaType(text: string): MediaType | undefined {
  const semicolon = text.indexOf(";");
  const essence = (semicolon === -1 ? text : text.slice(0, semicolon)).trim();
  if (!ESSENCE.test(essence)) return undefined;
  let charset: string | undefined;
  PARAMETER.lastIndex = semicolon === -1 ? text.length : semicolon;
  while (PARAMETER.lastIndex < text.length) {
    const parameter = PARAMETER.exec(text);
    if (parameter === null) return undefined;
    if (parameter[1]?.toLowerCase() !== "charset") continue;
    if (charset !== undefined) return undefined;
    charset = (parameter[2] ?? parameter[3]!.replace(/\\(.)/g, "$1")).toLowerCase();
  }
  return { essence: essence.toLowerCase(), charset: charset ?? "" };
}

/** Whether it is JSON: of its own name, or by the suffix (RFC 6839, 3.1). */
export function isJsonType(essence: string): boolean {
  return essence === "application/json" || /^[^/]+\/[^/]+\+json$/.test(essence);
}
