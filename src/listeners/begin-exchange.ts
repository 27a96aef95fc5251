import { Exchange } from "../core/exchange.ts";
import { NO_BODY } from "../core/body-flow.ts";
import type { RequestBody, ResponseSink } from "../core/legs.ts";
import type { Snapshot } from "../core/snapshot.ts";
import { traceparentOf } from "../core/trace.ts";
import type { Provenance } from "../http/forwarded/provenance.ts";
import { requestHead, type RequestHead } from "../http/head.ts";
import { HeaderList } from "../http/headers.ts";

const ID_DIGITS = 32;

/** The exchange of a request whose head was just read. */
export function beginExchange(
  snapshot: Snapshot,
  responseSink: ResponseSink,
  requestBody: RequestBody,
  from: Provenance,
  head: RequestHead,
): Exchange {
  const { random, clock } = snapshot.host;
  const traceparent = traceparentOf(head.headers.get("traceparent"), random);
  return new Exchange(
    snapshot,
    responseSink,
    requestBody,
    from,
    head,
    random.hex(ID_DIGITS),
    traceparent,
    clock.now(),
  );
}

/** Stands for a request that could not be read, so that its refusal is answered and logged like any other. */
export function unreadableExchange(
  snapshot: Snapshot,
  responseSink: ResponseSink,
  from: Provenance,
): Exchange {
  return beginExchange(
    snapshot,
    responseSink,
    NO_BODY,
    from,
    requestHead("", "", "", "", "1.1", new HeaderList(), 0),
  );
}
