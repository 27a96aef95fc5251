import { isLoopback } from "../lib/loopback.ts";
import { PolicyConfigError } from "./policy.ts";

/** Refuses an address of a config that the gateway would not ask: answers are as good as the way that they come. */
export function checkOutboundUrl(text: string, path: readonly (string | number)[], hint: string): void {
  const url = URL.parse(text);
  if (url === null) throw new PolicyConfigError("it is no URL", path, hint);
  const isSecure =
    url.protocol === "https:" ||
    (url.protocol === "http:" && isLoopback(url.hostname.replace(/^\[|\]$/g, "")));
  if (!isSecure)
    throw new PolicyConfigError("it is not https, nor http to a loopback address", path, "use https");
  if (url.username !== "" || url.password !== "" || url.hash !== "") {
    throw new PolicyConfigError(
      "it has credentials or a fragment, which are not sent",
      path,
      "leave them out",
    );
  }
}
