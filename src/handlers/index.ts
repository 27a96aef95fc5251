import type { HandlerKind } from "./kind.ts";

/** Every kind of handler that a route can name under `handler`. */
export const handlerKinds = [] as const satisfies readonly HandlerKind[];
