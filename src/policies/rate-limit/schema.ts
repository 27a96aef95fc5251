import { z } from "zod";
import { scopeName } from "../../callers/caller-schema.ts";
import { claimName } from "../../callers/claim-name.ts";
import { planName } from "../../callers/tenant-schema.ts";
import { fieldName } from "../../http/field-schema.ts";
import { addressRanges, duration, label } from "../../lib/schema.ts";

const MOST = 1_000_000_000;
const amount = z.int().min(1).max(MOST);
const cost = z.int().min(1).max(1_000_000);
const header = fieldName.transform((name) => name.toLowerCase());

const byPlan = z.strictObject({
  plans: z
    .record(planName, amount)
    .describe("Requests in each window by the name of the plan: the tenant's, or else the caller's."),
  default: amount.describe("Requests in each window where there is no plan, or another one."),
});

const byClaim = z.strictObject({
  claim: claimName.describe("The claim that holds the number: a positive integer."),
  default: amount.describe("Requests in each window of a caller whose claim is missing or no such number."),
  max: amount.describe("What a larger number is taken for."),
});

const keyPart = z.union([
  z.enum(["ip", "caller", "tenant", "route", "service", "all"]),
  z.strictObject({
    ipv4: z.int().min(8).max(32).default(32).describe("Leading bits of an IPv4 address that count."),
    ipv6: z.int().min(16).max(128).default(64).describe("Leading bits of an IPv6 address that count."),
  }),
  z.strictObject({ claim: claimName.describe("A claim of the caller, a text or a number.") }),
  z.strictObject({ header: header.describe("A header field of the request; clients choose what is in it.") }),
]);

/** One limit. */
const limitSchema = z
  .strictObject({
    limit: z
      .union([amount, byPlan, byClaim])
      .describe("Requests that are admitted in each window: a number, or one by the caller's plan or claim."),
    window: duration()
      .optional()
      .describe("The time for which `limit` is meant, as in 1m; not with quota and concurrency."),
    period: z
      .enum(["day", "month"])
      .optional()
      .describe("The period of a quota: a day or a calendar month, of UTC."),
    burst: amount
      .optional()
      .describe(
        "Requests that are admitted at once by a client that was quiet before: by default as many as `limit`, and 1 with gcra.",
      ),
    algorithm: z
      .enum(["token-bucket", "gcra", "sliding-window", "sliding-log", "fixed-window", "quota", "concurrency"])
      .default("token-bucket")
      .describe("How requests are counted."),
    key: z
      .union([keyPart, z.array(keyPart).min(1).max(8)])
      .default("ip")
      .describe("What has a count of its own; a list counts each combination."),
    onMissingKey: z
      .enum(["deny", "skip", "ip"])
      .default("deny")
      .describe(
        "What happens to a request that lacks what the key is made of: 400, no limit, or a limit by its address.",
      ),
    cost: z
      .union([
        cost,
        z.strictObject({
          responseHeader: header.describe(
            "The field of the service's response that says what the request has cost; clients do not see it.",
          ),
          max: z.int().min(1).max(1_000_000).default(1000).describe("What a larger cost is taken for."),
        }),
      ])
      .default(1)
      .describe("What a request takes: a number, or 1 and at its end what the service's response says."),
    exempt: z
      .strictObject({
        addresses: z
          .array(addressRanges())
          .prefault([])
          .transform((entries) => entries.flat())
          .describe(
            "Addresses of clients: networks such as 10.0.0.0/8, loopback, or private (RFC 1918, fc00::/7), too.",
          ),
        callers: z
          .array(z.string().min(1))
          .default([])
          .describe("Ids of callers, whichever policy has established them."),
        plans: z.array(planName).default([]).describe("Plans, of tenants or else of callers."),
        scopes: z.array(scopeName).default([]).describe("Scopes; one of them is enough."),
      })
      .superRefine((exempt, context) => {
        if (Object.values(exempt).some((list) => list.length > 0)) return;
        context.addIssue({
          code: "custom",
          message: "no client is exempt",
          params: { hint: "add addresses, callers, plans or scopes, or leave it out" },
        });
      })
      .optional()
      .describe("Who is not limited."),
    mode: z
      .enum(["enforce", "shadow"])
      .default("enforce")
      .describe("Whether requests are refused, or only counted and the log told of it."),
    name: label
      .default("default")
      .describe("What the RateLimit header fields and problem bodies call this limit."),
    maxKeys: z
      .int()
      .min(1)
      .max(10_000_000)
      .default(100_000)
      .describe(
        "Keys that are remembered at the same time; memory for them, 63 bytes each, is set aside at the start.",
      ),
    onFull: z
      .enum(["deny", "allow"])
      .default("deny")
      .describe(
        "What happens to a new key while the table is full of others that are in use: 503, or no limit.",
      ),
  })
  .meta({ id: "rateLimit.limit" });

const limits = z.union([limitSchema, z.array(limitSchema).min(1).max(16)]);

const amendment = z
  .strictObject({
    cost: cost
      .optional()
      .describe("What a request takes from each limit of the groups around, instead of its own `cost`."),
    add: limits.optional().describe("A limit, or a list of them, beside those of the groups around."),
  })
  .refine(({ cost, add }) => cost !== undefined || add !== undefined, {
    abort: true,
    error: "expected limit and window, or cost or add to change the limits of the groups around",
  });

export const rateLimitConfig = z.union([...limits.options, amendment]);

export type LimitConfig = z.output<typeof limitSchema>;
export type AmendmentConfig = z.output<typeof amendment>;
export type KeyPartConfig = z.output<typeof keyPart>;
