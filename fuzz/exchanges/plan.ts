import type { SeededRandom } from "../../src/simulation/seeded-random.ts";

/** Everything that happens in one case but the order of it, which `seed` decides. Plain data: it is what is replayed. */
export interface Plan {
  seed: number;
  /** Nothing goes wrong, so every request must have its whole answer. */
  calm: boolean;
  readBytes: number;
  capacity: number;
  maxConnections: number;
  /** Failures in a row that open the breaker; 0: there is none. */
  breaker: number;
  bodyLimit: number;
  rateLimit: number;
  compress: boolean;
  jwt: boolean;
  /** Of all clients; with one more, the oldest that is not complete is refused. */
  maxHeads: number;
  /** Steps after which the gateway is closed; 0: not before all else is over. */
  closeAt: number;
  /** Of each connection to a service, in turn. */
  connecting: ("open" | "refuse" | "never")[];
  clients: ClientPlan[];
}

export interface ClientPlan {
  address: string;
  pipelined: boolean;
  /** Takes what has come only now and then. */
  slow: boolean;
  /** Bytes after which it does what `ending` says; 0: it never does. */
  cutAt: number;
  ending: "fin" | "reset" | "vanish";
  requests: RequestPlan[];
}

export interface RequestPlan {
  id: number;
  method: "GET" | "HEAD" | "POST" | "PUT" | "DELETE";
  minorVersion: 0 | 1;
  close: boolean;
  expect: boolean;
  framing: "none" | "length" | "chunked";
  bodyLength: number;
  /** Of which bytes are not what they should be. */
  bad: "no" | "head" | "chunk";
  /** Of a caller whom the gateway knows, where it asks. */
  token: "good" | "bad";
  policy: PolicyPlan;
  answer: AnswerPlan;
}

/** What a policy of the route does with the request and its response. */
export interface PolicyPlan {
  request: "pass" | "wait" | "read" | "reply" | "wait-reply" | "throw";
  response: "pass" | "wait" | "throw";
}

export interface AnswerPlan {
  /** Who makes it: a service, or the gateway on its own. */
  service: "one" | "two" | "own";
  when: "head" | "body" | "never";
  delayMs: number;
  status: number;
  interims: number;
  minorVersion: 0 | 1;
  framing: "length" | "chunked" | "close";
  bodyLength: number;
  close: boolean;
  /** Part of the answer after which the service does what `ending` says; 1: all of it. */
  cut: number;
  ending: "keep" | "fin" | "reset" | "stall";
  /** Bytes behind the answer that nobody asked for, sent with it or some time later. */
  surplus: "no" | "answer" | "byte" | "later";
}

/** Whether a service gets a body with it, which may be empty: what a policy has read first goes on with its length, or as none. */
export function bringsBody({ framing, bodyLength, policy }: RequestPlan): boolean {
  return bodyLength > 0 || (framing === "chunked" && policy.request !== "read");
}

const BODILESS = ["GET", "HEAD", "DELETE", "PUT"] as const;
const METHODS = ["GET", "GET", "GET", "HEAD", "POST", "POST", "PUT", "DELETE"] as const;
const LENGTHS = [0, 1, 10, 500, 5000, 20_000];
const LARGE = [70_000, 150_000, 300_000];

/** A case made by chance. */
export function makePlan(random: SeededRandom): Plan {
  const calm = random.chance(0.4);
  // Services may close what they keep at any time, and then only what may be sent again is sure to be answered.
  const restless = calm && random.chance(0.3);
  const capacity = random.pick([300, 3000, 20_000, 200_000]);
  const readBytes = random.pick([16, 100, 1000, 65_536, 65_536, 65_536]);
  // What takes a great many steps finds nothing that fewer do not.
  const mostBytes = Math.min(capacity * 30, readBytes * 200);
  let nextId = 1;
  const rare = (share: number): boolean => !calm && random.chance(share);
  const clients = Array.from({ length: 1 + random.below(4) }, (_, index): ClientPlan => {
    const count = 1 + random.below(5);
    const requests = Array.from({ length: count }, (_, i) =>
      makeRequest(random, nextId++, { calm, restless, mostBytes, last: i === count - 1 }),
    );
    return {
      address: `10.0.0.${index + 1}`,
      pipelined: random.chance(0.5),
      slow: random.chance(0.2),
      cutAt: rare(0.3) ? 1 + random.below(3000) : 0,
      ending: random.pick(["fin", "reset", "vanish"]),
      requests,
    };
  });
  return {
    seed: random.below(2 ** 31),
    calm,
    readBytes,
    capacity,
    maxConnections: random.pick([1, 1, 2, 10]),
    breaker: calm ? 0 : random.pick([0, 1, 3]),
    bodyLimit: rare(0.2) ? 1000 : 1_000_000,
    rateLimit: rare(0.15) ? 1 + random.below(6) : 0,
    compress: random.chance(0.05),
    jwt: random.chance(0.05),
    maxHeads: rare(0.1) ? 1 : 1000,
    closeAt: random.chance(0.15) ? 1 + random.below(300) : 0,
    connecting: Array.from({ length: 4 }, () =>
      rare(0.15) ? random.pick(["refuse", "never"] as const) : "open",
    ),
    clients,
  };
}

interface Bounds {
  readonly calm: boolean;
  readonly restless: boolean;
  readonly mostBytes: number;
  /** It is its client's last. */
  readonly last: boolean;
}

function lengthOf(random: SeededRandom, { mostBytes }: Bounds): number {
  return Math.min(mostBytes, random.chance(0.1) ? random.pick(LARGE) : random.pick(LENGTHS));
}

function makeRequest(random: SeededRandom, id: number, bounds: Bounds): RequestPlan {
  const { calm, restless, last } = bounds;
  const rare = (share: number): boolean => !calm && random.chance(share);
  const method = random.pick(restless ? BODILESS : METHODS);
  const hasBody = restless ? false : method === "POST" || method === "PUT" || random.chance(0.1);
  const minorVersion = last && random.chance(0.2) ? 0 : 1;
  const framing = !hasBody ? "none" : minorVersion === 1 && random.chance(0.4) ? "chunked" : "length";
  return {
    id,
    method,
    minorVersion,
    close: last && random.chance(0.3),
    expect: framing !== "none" && minorVersion === 1 && random.chance(0.2),
    framing,
    bodyLength: framing === "none" ? 0 : lengthOf(random, bounds),
    bad: rare(0.05) ? (framing === "chunked" ? "chunk" : "head") : "no",
    token: rare(0.2) ? "bad" : "good",
    policy: {
      request: random.chance(0.3)
        ? random.pick(["wait", "wait", "read"] as const)
        : rare(0.1)
          ? random.pick(["reply", "wait-reply", "throw"] as const)
          : "pass",
      response: random.chance(0.2) ? "wait" : rare(0.03) ? "throw" : "pass",
    },
    answer: makeAnswer(random, bounds),
  };
}

function makeAnswer(random: SeededRandom, bounds: Bounds): AnswerPlan {
  const rare = (share: number): boolean => !bounds.calm && random.chance(share);
  const framing = random.pick(["length", "length", "chunked", "close"] as const);
  const cut = rare(0.15);
  return {
    service: random.pick(["one", "one", "two", "two", "own"]),
    when: rare(0.03) ? "never" : rare(0.25) ? "head" : "body",
    delayMs: random.chance(0.2) ? random.below(50) : 0,
    status: random.pick([200, 200, 200, 404, 204, 304, 201, rare(0.5) ? 503 : 200]),
    interims: random.chance(0.15) ? 1 + random.below(2) : 0,
    minorVersion: random.chance(0.1) && framing !== "chunked" ? 0 : 1,
    framing,
    bodyLength: lengthOf(random, bounds),
    close: random.chance(0.1),
    cut: cut ? random.fraction() : 1,
    ending: cut
      ? random.pick(["fin", "reset", "stall"] as const)
      : rare(0.1)
        ? random.pick(["fin", "reset"] as const)
        : bounds.restless && random.chance(0.5)
          ? "fin"
          : "keep",
    surplus: rare(0.15) ? random.pick(["answer", "answer", "byte", "later"] as const) : "no",
  };
}
