import { isPromise } from "../lib/is-promise.ts";
import { BODY_TOO_LARGE } from "../http/refusals.ts";
import { fail, failLate, isAnswered, reply, replyLate } from "./respond.ts";
import { LOOP_DETECTED } from "./refusals.ts";
import { refuse, type Reply } from "./reply.ts";
import type { Exchange } from "./exchange.ts";

/**
 * The life of a request, once its head has been read:
 *
 * 1. Fields that only the gateway sets are deleted, whatever the route.
 * 2. A request that has been here before is refused.
 * 3. The route is chosen.
 * 4. Its steps are asked in order; the first reply ends the way in.
 * 5. A body that is known to be too large is refused.
 * 6. The handler answers; `core/respond.ts` is the way out.
 *
 * It stays synchronous until a hook returns a promise.
 */
export function handle(x: Exchange): void {
  const { headers } = x.request;
  const { snapshot } = x;
  // 1.
  const { identityHeaders } = snapshot;
  for (let i = 0; i < identityHeaders.length; i++) {
    if (headers.has(identityHeaders[i]!)) withhold(x, identityHeaders[i]!);
  }
  // 2.
  const via = headers.get("via");
  if (via !== undefined && namesGateway(headers.joined("via")!, snapshot.name)) {
    reply(x, refuse(LOOP_DETECTED));
    return;
  }
  try {
    // 3.
    snapshot.assignRoute(x);
  } catch (error) {
    fail(x, error);
    return;
  }
  askSteps(x, 0);
}

function withhold(x: Exchange, name: string): void {
  const { headers } = x.request;
  const withheld = (x.withheld ??= []);
  for (const value of headers.getAll(name)) withheld.push(name, value);
  headers.delete(name);
}

function askSteps(x: Exchange, from: number): void {
  const { steps } = x.route;
  try {
    // 4.
    for (let i = from; i < steps.length; i++) {
      x.reached = i + 1;
      const { policy } = steps[i]!;
      if (policy.request === undefined) continue;
      const outcome = policy.request(x);
      if (outcome === undefined) continue;
      if (isPromise(outcome)) {
        continueAfter(x, outcome, i);
        return;
      }
      reply(x, outcome, i);
      return;
    }
    // 5.
    if (x.request.bodyLength > x.route.limits.bodyBytes) {
      reply(x, refuse(BODY_TOO_LARGE));
      return;
    }
  } catch (error) {
    fail(x, error, x.reached - 1);
    return;
  }
  askHandler(x);
}

function askHandler(x: Exchange): void {
  try {
    // 6.
    const answer = x.handler.handle(x);
    if (answer === undefined) return;
    if (isPromise(answer)) answerLater(x, answer);
    else reply(x, answer);
  } catch (error) {
    fail(x, error, x.reached);
  }
}

function continueAfter(x: Exchange, waiting: Promise<Reply | void>, i: number): void {
  waiting
    .then(
      (answer) => {
        if (answer !== undefined) replyLate(x, answer, i);
        else if (!isAnswered(x)) askSteps(x, i + 1);
      },
      (error: unknown) => failLate(x, error, i),
    )
    .catch((error: unknown) => fail(x, error, i));
}

function answerLater(x: Exchange, answer: Promise<Reply>): void {
  answer
    .then(
      (ready) => replyLate(x, ready),
      (error: unknown) => failLate(x, error, x.reached),
    )
    .catch((error: unknown) => fail(x, error, x.reached));
}

/** Whether one of the field's members was received by a gateway of that name (RFC 9110, 7.6.3: `1.1 name (comment)`). */
function namesGateway(via: string, name: string): boolean {
  return via.split(",").some(
    (member) =>
      member
        .trim()
        .split(/[ \t]+/)[1]
        ?.toLowerCase() === name.toLowerCase(),
  );
}
