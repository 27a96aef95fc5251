import { HMAC_ALGORITHMS } from "../../lib/hmac-secret.ts";
import { SIGNATURE_ALGORITHMS } from "../../lib/signature-algorithms.ts";

/** All algorithms that tokens may be signed with. */
export const ALGORITHMS = [...HMAC_ALGORITHMS, ...SIGNATURE_ALGORITHMS] as const;

export type Algorithm = (typeof ALGORITHMS)[number];
