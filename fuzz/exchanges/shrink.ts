import type { ClientPlan, Plan, RequestPlan } from "./plan.ts";

/** Other orders of the same events that are tried for each simpler case: one left out changes all that follow. */
const ORDERS = 12;
const MOST_MS = 20_000;

/** A simpler case in which the same is wrong, as far as leaving things out leads. */
export async function shrinkPlan(
  plan: Plan,
  fault: string,
  faultOf: (plan: Plan) => Promise<string | undefined>,
): Promise<Plan> {
  const kind = kindOf(fault);
  const untilMs = performance.now() + MOST_MS;
  let best = plan;
  for (let simpler = true; simpler;) {
    simpler = false;
    for (const candidate of simplerPlans(best)) {
      for (let order = 0; order < ORDERS && performance.now() < untilMs; order++) {
        const ordered = order === 0 ? candidate : { ...candidate, seed: order };
        const found = await faultOf(ordered);
        if (found === undefined || kindOf(found) !== kind) continue;
        best = ordered;
        simpler = true;
        break;
      }
      if (simpler) break;
    }
  }
  return best;
}

/** The same fault has the same words, whatever the numbers in it. */
function kindOf(fault: string): string {
  return fault.split("\n")[0]!.replaceAll(/\d+/g, "0");
}

function* simplerPlans(plan: Plan): Generator<Plan> {
  const { clients } = plan;
  for (const [i, client] of clients.entries()) {
    if (clients.length > 1) yield { ...plan, clients: clients.toSpliced(i, 1) };
    for (const simpler of simplerClients(client)) yield { ...plan, clients: clients.with(i, simpler) };
  }
  const plain: Partial<Plan> = {
    closeAt: 0,
    compress: false,
    jwt: false,
    maxHeads: 1000,
    rateLimit: 0,
    breaker: 0,
    bodyLimit: 1_000_000,
    readBytes: 65_536,
    capacity: 200_000,
    maxConnections: 10,
  };
  yield* simplerFields(plan, plain);
  if (plan.connecting.some((how) => how !== "open")) yield { ...plan, connecting: ["open"] };
}

function* simplerClients(client: ClientPlan): Generator<ClientPlan> {
  const { requests } = client;
  for (const [i, request] of requests.entries()) {
    if (requests.length > 1) yield { ...client, requests: requests.toSpliced(i, 1) };
    for (const simpler of simplerRequests(request)) yield { ...client, requests: requests.with(i, simpler) };
  }
  yield* simplerFields(client, { pipelined: false, slow: false, cutAt: 0 });
}

function* simplerRequests(request: RequestPlan): Generator<RequestPlan> {
  yield* simplerFields(request, { close: false, expect: false, bad: "no", minorVersion: 1 });
  if (request.framing !== "none") {
    yield { ...request, method: "GET", framing: "none", bodyLength: 0, expect: false };
    if (request.bodyLength > 10) yield { ...request, bodyLength: Math.floor(request.bodyLength / 8) };
  }
  for (const policy of simplerFields(request.policy, { request: "pass", response: "pass" }))
    yield { ...request, policy };
  const plain = {
    when: "body",
    delayMs: 0,
    status: 200,
    interims: 0,
    minorVersion: 1,
    framing: "length",
    close: false,
    cut: 1,
    ending: "keep",
    surplus: "no",
  } as const;
  for (const answer of simplerFields(request.answer, plain)) yield { ...request, answer };
  const { bodyLength } = request.answer;
  if (bodyLength > 10)
    yield { ...request, answer: { ...request.answer, bodyLength: Math.floor(bodyLength / 8) } };
}

/** One field after the other as it is in `plain`. */
function* simplerFields<T extends object>(given: T, plain: Partial<T>): Generator<T> {
  for (const [name, value] of Object.entries(plain))
    if (given[name as keyof T] !== value) yield { ...given, [name]: value };
}
