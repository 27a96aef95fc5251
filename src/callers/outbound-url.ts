import { isLoopback } from "../lib/loopback.ts";
import { ConfigMistake } from "../lib/config-mistake.ts";

/** Refuses an address of a config that the gateway would not ask: answers are as good as the way that they come. */
export function checkOutboundUrl(text: string, path: readonly (string | number)[], hint: string): void {
  const url = URL.parse(text);
  if (url === null) throw new ConfigMistake("it is no URL", path, hint);
  const isSecure =
    url.protocol === "https:" ||
    (url.protocol === "http:" && isLoopback(url.hostname.replace(/^\[|\]$/g, "")));
  if (!isSecure)
    throw new ConfigMistake("it is not https, nor http to a loopback address", path, "use https");
  if (url.username !== "" || url.password !== "" || url.hash !== "") {
    throw new ConfigMistake("it has credentials or a fragment, which are not sent", path, "leave them out");
  }
}
