import type { z } from "zod";
import type { Handler } from "../core/handler.ts";
import type { RefusalKind } from "../http/refusal.ts";
import type { Around } from "./around.ts";

/** A kind of handler: what `handlers/index.ts` lists and a route's `handler` names. */
export interface HandlerKind<N extends string = string, S extends z.ZodType = z.ZodType> {
  readonly name: N;
  readonly summary: string;
  readonly config: S;
  readonly refusals: readonly RefusalKind[];
  /** Throws a `ConfigMistake` for what the schema cannot see. */
  create(config: z.output<S>, around: Around): Handler;
}
