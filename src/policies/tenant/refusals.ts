import type { RefusalKind } from "../../http/refusal.ts";

export const MISSING: RefusalKind = {
  code: "tenant.missing",
  status: 400,
  title: "Tenant missing",
  detail: "The request does not say for which tenant it is.",
};
export const UNBOUND: RefusalKind = {
  code: "tenant.unbound",
  status: 403,
  title: "No tenant",
  detail: "The credential belongs to no tenant, and a request alone cannot choose one.",
};
export const INVALID: RefusalKind = {
  code: "tenant.invalid",
  status: 403,
  title: "Invalid tenant",
  detail: "What the credential says of its tenant is not a text.",
};
export const MISMATCH: RefusalKind = {
  code: "tenant.mismatch",
  status: 403,
  title: "Tenants differ",
  detail: "The request names another tenant than its credential, or several.",
};
export const UNKNOWN: RefusalKind = {
  code: "tenant.unknown",
  status: 404,
  title: "Unknown tenant",
  detail: "There is no tenant of this name.",
};
export const SUSPENDED: RefusalKind = {
  code: "tenant.suspended",
  status: 403,
  title: "Tenant suspended",
  detail: "The tenant is suspended: none of its requests pass.",
};
export const FEATURE_OFF: RefusalKind = {
  code: "tenant.feature_off",
  status: 403,
  title: "Feature off",
  detail: "The tenant does not have the feature that this route needs.",
};

export const REFUSALS: readonly RefusalKind[] = [
  MISSING,
  UNBOUND,
  INVALID,
  MISMATCH,
  UNKNOWN,
  SUSPENDED,
  FEATURE_OFF,
];
