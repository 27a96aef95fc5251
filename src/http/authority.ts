const HOST_CHARACTERS = /^[a-z0-9_-]+(?:\.[a-z0-9_-]+)*\.?$/;
const PORT = /^[1-9][0-9]{0,4}$/;
const IPV6_GROUP = /^[0-9a-f]{1,4}$/;
const IPV4 = /^(?:(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])(?:\.(?!$)|$)){4}$/;

/** The authority last read: on one listener nearly every request names the same one. */
let lastRaw = "";
let lastCanonical = "";

/**
 * The lower-case form of a host with an optional port (RFC 9110, 7.2), or undefined when it is malformed. Narrower than
 * RFC 3986: no user info, no percent escapes or sub-delimiters in names, no empty or zero port, because each of these is
 * read in several ways.
 */
export function canonicalAuthority(raw: string): string | undefined {
  if (raw === lastRaw && raw !== "") return lastCanonical;
  if (raw.length > 261) return undefined;
  const lower = raw.toLowerCase();
  const hostEnd = lower.startsWith("[") ? lower.indexOf("]") + 1 : endOfName(lower);
  const host = lower.slice(0, hostEnd);
  if (host.startsWith("[") ? !isIPv6(host.slice(1, -1)) : !HOST_CHARACTERS.test(host)) return undefined;
  const rest = lower.slice(hostEnd);
  if (rest !== "" && !(rest.startsWith(":") && PORT.test(rest.slice(1)) && Number(rest.slice(1)) <= 65_535)) {
    return undefined;
  }
  lastRaw = raw;
  lastCanonical = lower;
  return lower;
}

function endOfName(text: string): number {
  const colon = text.indexOf(":");
  return colon === -1 ? text.length : colon;
}

/** RFC 4291, 2.2, in lower case and without a zone. */
function isIPv6(text: string): boolean {
  const halves = text.split("::");
  if (halves.length > 2) return false;
  let groups = 0;
  for (const [index, half] of halves.entries()) {
    if (half === "") continue;
    const parts = half.split(":");
    for (const [at, part] of parts.entries()) {
      const isLast = index === halves.length - 1 && at === parts.length - 1;
      if (IPV6_GROUP.test(part)) groups += 1;
      else if (isLast && IPV4.test(part)) groups += 2;
      else return false;
    }
  }
  return halves.length === 2 ? groups <= 7 : groups === 8;
}
