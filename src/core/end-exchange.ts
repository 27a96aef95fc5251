import type { HeaderList } from "../http/headers.ts";
import type { ClientCode } from "./client-codes.ts";
import type { Exchange } from "./exchange.ts";

/** The ends of an exchange: `complete`, `breakResponse` and `abandon`. */

/** The client was given the whole response. */
export function complete(x: Exchange, trailers: HeaderList | undefined): void {
  x.complete = true;
  x.responseSink.end(trailers);
  finish(x);
}

/** The response cannot be completed: the client must see a truncation, never a clean end. */
export function breakResponse(x: Exchange, code: string): void {
  if (x.finished) return;
  x.code = code;
  x.responseSink.truncate();
  finish(x);
}

/** The client has gone, or its connection is no longer usable: whoever works for it is told to stop. */
export function abandon(x: Exchange, code: ClientCode): void {
  if (x.finished) return;
  if (x.code === "") x.code = code;
  finish(x);
}

/** Ends the exchange, exactly once: all that works for it stops, then policies and observers hear of it. */
function finish(x: Exchange): void {
  x.finished = true;
  if (!x.complete) stopBodies(x);
  const { steps } = x.route;
  for (let i = x.reached - 1; i >= 0; i--) {
    try {
      steps[i]!.policy.done?.(x);
    } catch (error) {
      logInternalError(x, error);
    }
  }
  for (const observer of x.snapshot.observers) {
    try {
      observer.done(x);
    } catch (error) {
      logInternalError(x, error);
    }
  }
  x.snapshot.inFlight.end();
  x.responseSink.finished();
}

/** Whoever takes the request's body or makes the response's is told, once, that there is no more to do. */
export function stopBodies(x: Exchange): void {
  const { source, encoder } = x;
  x.source = undefined;
  x.encoder = undefined;
  encoder?.destroy();
  source?.cancel();
  x.requestBody.abort();
}

/** Logs an error of the gateway itself. */
export function logInternalError(x: Exchange, error: unknown): void {
  x.snapshot.host.log.error({ err: error, requestId: x.id, route: x.route.name }, "internal error");
}
