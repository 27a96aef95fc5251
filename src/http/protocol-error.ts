import type { RefusalKind } from "./refusal.ts";

/**
 * A peer has broken the protocol, or one of its limits: the message has no single reading and its connection cannot be
 * used any more. `kind` says how it is answered; `message` says what exactly was wrong and never repeats what was sent.
 */
export class ProtocolError extends Error {
  readonly kind: RefusalKind;

  constructor(kind: RefusalKind, detail: string = kind.detail) {
    super(detail);
    this.name = "ProtocolError";
    this.kind = kind;
  }
}
