import { createPublicKey, generateKeyPairSync, sign as signWithKey, type KeyObject } from "node:crypto";
import { OutboundError } from "../../../host/outbound.ts";
import type { Outbound, OutboundRequest, OutboundResponse } from "../../../host/host.ts";
import { simulatedHost } from "../../../testing/simulated-host.ts";
import { jwtPolicy } from "../policy.ts";
import { jwtConfig } from "../schema.ts";
import { CLAIMS, encode } from "../testing.ts";
import type { z } from "zod";
import { testAround, testState } from "../../../testing/around.ts";

export const ISSUER = "https://id.example.com";
export const KEYS_URL = "https://keys.example.com/jwks.json";
export const METADATA_URL = `${ISSUER}/.well-known/openid-configuration`;

export interface SigningKey {
  readonly kid: string;
  readonly privateKey: KeyObject;
  readonly jwk: Readonly<Record<string, unknown>>;
}

export function createKey(kid: string): SigningKey {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  return { kid, privateKey, jwk: { ...publicKey.export({ format: "jwk" }), kid, alg: "ES256", use: "sig" } };
}

/** The public half, as configs have it. */
export function toPublicPem(privateKey: KeyObject): string {
  return createPublicKey(privateKey).export({ type: "spki", format: "pem" });
}

/** A token of `key`'s; `header` is laid over the usual one. */
export function issue(key: SigningKey, claims: object = {}, header: object = {}): string {
  const head = encode({ alg: "ES256", typ: "JWT", kid: key.kid, ...header });
  const input = `${head}.${encode({ ...CLAIMS, iss: ISSUER, ...claims })}`;
  const signature = signWithKey("sha256", Buffer.from(input), {
    key: key.privateKey,
    dsaEncoding: "ieee-p1363",
  });
  return `${input}.${signature.toString("base64url")}`;
}

interface Answer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** Issuers on the other side of a simulated network: what stands at which URL, and who asked for it. */
export class SimulatedIssuers implements Outbound {
  readonly requests: OutboundRequest[] = [];
  readonly answers = new Map<string, Answer>();
  /** While it is true nobody is reached. */
  isDown = false;
  /** While it is true answers wait for `release`. */
  isSlow = false;
  #held: (() => void)[] = [];

  constructor(...keys: readonly SigningKey[]) {
    this.answers.set(METADATA_URL, { body: { issuer: ISSUER, jwks_uri: KEYS_URL } });
    this.publish(...keys);
  }

  /** How often the URL was asked for. */
  count(url: string): number {
    return this.requests.filter((request) => request.url === url).length;
  }

  publish(...keys: readonly SigningKey[]): void {
    this.answers.set(KEYS_URL, { body: { keys: keys.map(({ jwk }) => jwk) } });
  }

  release(): void {
    this.isSlow = false;
    for (const answer of this.#held.splice(0)) answer();
  }

  async send(request: OutboundRequest): Promise<OutboundResponse> {
    this.requests.push(request);
    // As it was when it was asked for, however long it is on its way.
    const { status = 200, headers = {}, body = "" } = this.answers.get(request.url) ?? { status: 404 };
    if (this.isSlow) await new Promise<void>((resolve) => this.#held.push(resolve));
    if (this.isDown) throw new OutboundError("unreachable", "no answer");
    const text = typeof body === "string" ? body : JSON.stringify(body);
    return { status, headers: new Map(Object.entries(headers)), body: Buffer.from(text) };
  }
}

type Config = z.input<typeof jwtConfig>;

/** A policy that trusts `ISSUER`, on a simulated host from which `issuers` are reached. */
export function createRemotePolicy(
  issuers: SimulatedIssuers,
  entry: Partial<NonNullable<Config["issuers"]>[number]> = {},
  config: Config = {},
  host = simulatedHost({ outbound: issuers }),
) {
  const borrowing = testState(host);
  const policy = jwtPolicy.create(
    jwtConfig.parse({ issuers: [{ issuer: ISSUER, ...entry }], ...config }),
    testAround({ host, state: borrowing.at() }),
  );
  // As a snapshot does: it closes what is its own, and gives back the keys.
  const close = policy.close?.bind(policy);
  borrowing.beforeRelease(() => close?.());
  policy.close = () => borrowing.release();
  return { policy, host, clock: host.clock, log: host.log };
}

/** Lets answers of the simulated network arrive. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 20; i++) await Promise.resolve();
}

/** The different codes of what requests came to. */
export function codesOf(outcomes: readonly { readonly code: string }[]): string[] {
  return [...new Set(outcomes.map(({ code }) => code))];
}
