import type { RefusalKind } from "../../http/refusal.ts";

export const UNREPRESENTABLE: RefusalKind = {
  code: "fetch.unrepresentable",
  status: 400,
  title: "Request cannot be represented",
  detail:
    "The Fetch standard has no form for this request: its method is forbidden there, or its URL is none.",
};

export const FETCH_TIMEOUT: RefusalKind = {
  code: "fetch.timeout",
  status: 504,
  title: "Handler timed out",
  detail: "The function that answers this route did not answer in time.",
};
