/** What the policy jwt costs a request on the main thread: tokens that are remembered, and new ones, beside jose. */
import {
  createHmac,
  createSecretKey,
  generateKeyPairSync,
  sign as signWithKey,
  type KeyObject,
} from "node:crypto";
import { compactVerify } from "jose";
import type { Exchange } from "../src/core/exchange.ts";
import { IdentityStep } from "../src/core/identity-step.ts";
import { Revocations } from "../src/callers/revocations.ts";
import { systemClock } from "../src/host/clock.ts";
import { jwtPolicy } from "../src/policies/jwt/policy.ts";
import { jwtConfig } from "../src/policies/jwt/schema.ts";
import { testExchange } from "../src/testing/exchange.ts";
import { simulatedHost } from "../src/simulation/simulated-host.ts";
import { RevocationTable } from "../src/zones/revocation-table.ts";
import { median, medianOfRatios } from "./measure/statistics.ts";
import { testAround } from "../src/testing/around.ts";
import { readRoundsOptions } from "./rounds-options.ts";

const HELP = `Usage: npm run bench:jwt -- [options]

Measures the main thread's CPU for one request in the policy jwt, in interleaved rounds, in about half a minute.

Options:
  --rounds <n>  measured rounds (default 9)
  --check       exit 1 when a bound is missed
  --help        this text
`;

const TOKENS = 2000;
const BATCH = 10;
const SECRET = "a secret that is long enough for HS256: 32 bytes and more";

interface Signer {
  readonly alg: "HS256" | "RS256" | "ES256" | "EdDSA";
  readonly config: object;
  /** What jose verifies with. */
  readonly key: KeyObject;
  readonly sign: (input: string) => Buffer;
}

function pem(key: KeyObject): object {
  return { publicKey: key.export({ type: "spki", format: "pem" }) };
}

function createSigners(): Signer[] {
  const secret = createSecretKey(SECRET, "utf8");
  const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const p256 = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const ed25519 = generateKeyPairSync("ed25519");
  return [
    {
      alg: "HS256",
      config: { secret: SECRET },
      key: secret,
      sign: (input) => createHmac("sha256", secret).update(input).digest(),
    },
    {
      alg: "RS256",
      config: pem(rsa.publicKey),
      key: rsa.publicKey,
      sign: (input) => signWithKey("sha256", Buffer.from(input), rsa.privateKey),
    },
    {
      alg: "ES256",
      config: pem(p256.publicKey),
      key: p256.publicKey,
      sign: (input) =>
        signWithKey("sha256", Buffer.from(input), { key: p256.privateKey, dsaEncoding: "ieee-p1363" }),
    },
    {
      alg: "EdDSA",
      config: pem(ed25519.publicKey),
      key: ed25519.publicKey,
      sign: (input) => signWithKey(null, Buffer.from(input), ed25519.privateKey),
    },
  ];
}

function encode(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString("base64url");
}

/** A token as issuers make them: some 400 characters, and its signature. */
function createToken({ alg, sign }: Signer, i: number): string {
  const nowSeconds = Math.floor(systemClock.wall() / 1000);
  const claims = {
    iss: "https://id.example.com",
    sub: `user ${i}`,
    iat: nowSeconds,
    exp: nowSeconds + 3600,
    scope: "orders:read orders:write",
    role: "user",
    jti: `${i}`.padStart(32, "0"),
  };
  const input = `${encode({ alg, typ: "JWT", kid: "2026-11" })}.${encode(claims)}`;
  return `${input}.${sign(input).toString("base64url")}`;
}

function createPolicy(signer: Signer, entries: number, zone?: Revocations): IdentityStep {
  const config = {
    ...signer.config,
    algorithms: [signer.alg],
    claimsToHeaders: { sub: "x-user-id", role: "x-user-role" },
    cache: { entries },
    ...(zone === undefined ? {} : { revocations: "tokens" }),
  };
  const revocations = new Map(zone === undefined ? [] : [["tokens", zone]]);
  const around = testAround({ host: { ...simulatedHost(), clock: systemClock }, revocations });
  return new IdentityStep([jwtPolicy.create(jwtConfig.parse(config), around)]);
}

/** A zone in which as many tokens are revoked as it was made for. */
function createZone(): Revocations {
  const zone = new Revocations(
    { entries: 100_000, keepFor: 86_400_000 },
    RevocationTable.create(100_000, [1, 2]),
    systemClock,
  );
  for (let i = 0; i < 100_000; i++) zone.revokeToken(`another ${i}`, Infinity);
  return zone;
}

/** Requests as they come from a connection: their values are pieces of a longer text. */
function createExchanges(tokens: readonly string[]): Exchange[] {
  return tokens.map((token) => {
    const head = `Bearer ${token}\r\naccept: */*`;
    const authorization = Buffer.from(head).toString("latin1").slice(0, -13);
    return testExchange({
      headers: {
        accept: "*/*",
        "accept-encoding": "gzip, br",
        "accept-language": "en",
        "user-agent": "bench",
        authorization,
        "content-type": "application/json",
        origin: "https://shop.example",
        referer: "https://shop.example/orders",
      },
    });
  });
}

interface Measurement {
  readonly name: string;
  /** Microseconds of the main thread for one request, prepared anew for each round. */
  readonly measure: () => Promise<number>;
  readonly bound?: number;
  /** The measurement that this one is shown beside. */
  readonly beside?: string;
}

/**
 * In small batches, each made just before: a request's objects are in the processor's caches when policies are asked. The median
 * of the batches leaves out those in which V8 collected what the others had left, or the machine did something else: all of
 * it happens on this thread, and the thread's own CPU is counted too coarsely for that.
 */
function measurePolicy(policy: IdentityStep, tokens: readonly string[], between = (): void => {}): number {
  const figures: number[] = [];
  for (let i = 0; i < tokens.length; i += BATCH) {
    const exchanges = createExchanges(tokens.slice(i, i + BATCH));
    between();
    const before = systemClock.now();
    for (const x of exchanges) void policy.request(x);
    const tookMs = systemClock.now() - before;
    if (exchanges.some((x) => x.caller === undefined)) throw new Error("a request was refused");
    figures.push((tookMs * 1000) / exchanges.length);
  }
  return median(figures);
}

/** The main thread's CPU alone: jose hands the check itself to other threads. */
async function measureJose({ alg, key }: Signer, tokens: readonly string[]): Promise<number> {
  const hmac = { name: "HMAC", hash: "SHA-256" };
  const imported = key.type === "secret" ? key.toCryptoKey(hmac, false, ["verify"]) : key;
  const before = process.threadCpuUsage();
  for (const token of tokens) await compactVerify(token, imported, { algorithms: [alg] });
  const { user, system } = process.threadCpuUsage(before);
  return (user + system) / tokens.length;
}

function measurements(): Measurement[] {
  const list: Measurement[] = [];
  const bounds: Readonly<Record<string, number>> = { HS256: 15, RS256: 60 };
  for (const signer of createSigners()) {
    const tokens = Array.from({ length: TOKENS }, (_, i) => createToken(signer, i));
    const { alg } = signer;
    const known = tokens.slice(0, 100);
    const again = Array.from({ length: 20 * TOKENS }, (_, i) => known[i % known.length]!);
    for (const [name, entries] of [
      ["known, by its text", 10_000],
      ["known, by its hash", 7],
    ] as const) {
      if (alg === "EdDSA" || alg === "ES256") continue;
      // Seven entries leave no room for texts; the requests come with one token then.
      const texts = entries === 7 ? Array.from(again, () => known[0]!) : again;
      list.push({
        name: `${alg}, ${name} (${known[0]!.length} characters)`,
        measure: async () => {
          const policy = createPolicy(signer, entries);
          for (let i = 0; i < 3; i++) measurePolicy(policy, texts.slice(0, known.length));
          return measurePolicy(policy, texts);
        },
        ...(entries === 7
          ? { beside: `${alg}, known, by its text (${known[0]!.length} characters)` }
          : { bound: 1 }),
      });
    }
    if (alg === "HS256") list.push(...zoneMeasurements(signer, known, again));
    list.push({
      name: `${alg}, new`,
      measure: async () => measurePolicy(createPolicy(signer, 10_000), tokens),
      ...(bounds[alg] === undefined ? {} : { bound: bounds[alg] }),
    });
    list.push({
      name: `${alg}, jose's part alone`,
      measure: () => measureJose(signer, tokens),
      beside: `${alg}, new`,
    });
  }
  return list;
}

/** With a zone of revocations: while nothing is revoked, and after a revocation, when each token is looked for once. */
function zoneMeasurements(signer: Signer, known: readonly string[], texts: readonly string[]): Measurement[] {
  const beside = `HS256, known, by its text (${known[0]!.length} characters)`;
  const measureWith = async (between: (zone: Revocations) => void): Promise<number> => {
    const zone = createZone();
    const policy = createPolicy(signer, 10_000, zone);
    for (let i = 0; i < 3; i++) measurePolicy(policy, texts.slice(0, known.length), () => between(zone));
    return measurePolicy(policy, texts, () => between(zone));
  };
  return [
    { name: "HS256, known, with a zone", measure: () => measureWith(() => {}), beside, bound: 1 },
    {
      name: "HS256, known, with a zone, after a revocation",
      measure: () => measureWith((zone) => void zone.revokeToken("another 1", Infinity)),
      beside,
    },
  ];
}

async function main(args: string[]): Promise<number> {
  const options = readRoundsOptions(args);
  const rounds = Number(options?.rounds ?? 9);
  if (options === undefined || options.help === true || !Number.isInteger(rounds) || rounds < 1) {
    process[options?.help === true ? "stdout" : "stderr"].write(HELP);
    return options?.help === true ? 0 : 2;
  }
  const list = measurements();
  const figures = new Map<string, number[]>(list.map(({ name }) => [name, []]));
  // The first rounds are V8's.
  for (let round = -2; round < rounds; round++) {
    for (const { name, measure } of list) {
      const us = await measure();
      if (round >= 0) figures.get(name)!.push(us);
    }
  }
  let missed = 0;
  for (const { name, bound, beside } of list) {
    const us = figures.get(name)!;
    const limit = bound === undefined ? "" : `, at most ${bound}: ${median(us) <= bound ? "met" : "MISSED"}`;
    const ratio =
      beside === undefined
        ? ""
        : `, ${medianOfRatios(us, figures.get(beside)!).toFixed(2)} times "${beside}"`;
    if (bound !== undefined && median(us) > bound) missed++;
    process.stdout.write(
      `${name}: ${median(us).toFixed(2)} µs (in the best round ${Math.min(...us).toFixed(2)})${limit}${ratio}\n`,
    );
  }
  return options.check === true && missed > 0 ? 1 : 0;
}

process.exitCode = await main(process.argv.slice(2));
