import type { z } from "zod";
import type { Caller } from "../core/caller.ts";
import type { Reply } from "../core/reply.ts";
import type { Tenant } from "../core/tenant.ts";
import type { Clock } from "../host/host.ts";
import type { RequestHead, ResponseHead } from "../http/head.ts";
import type { HeaderList } from "../http/headers.ts";
import type { Around, GatewayView } from "./around.ts";
import type { Facts } from "./facts.ts";
import type { PolicyKind } from "./policy-kind.ts";

/** Header fields, for reading: names in lower case, a name may occur several times. */
export type OwnFields = Pick<HeaderList, "get" | "getAll" | "has" | "joined"> & Iterable<[string, string]>;

/** One request and its response, as policies of users see it: what is not here is the gateway's own. */
export interface OwnExchange {
  /** Unique; answered, passed on and logged as `X-Request-Id`. */
  readonly id: string;
  /** Who sent the request, as far as it is believed: a trusted proxy's word counts, no field of a stranger does. */
  readonly client: { readonly address: string; readonly scheme: "http" | "https" };
  readonly request: Readonly<Omit<RequestHead, "headers">> & { readonly headers: OwnFields };
  /** Values of the route's `{param}`s and of a trailing `*`, percent-decoded; without a prototype. */
  readonly params: Readonly<Record<string, string>>;
  /** Who is calling; at the entrance nobody knows that yet. */
  readonly caller: Caller | undefined;
  /** For which tenant the request is; at the entrance nobody knows that yet. */
  readonly tenant: Tenant | undefined;
  /** The response's head; there in the hook `response`, and in `done` where one was made. */
  readonly response: OwnResponse | undefined;
  /**
   * Sets a field of the request that the handler or service gets, over the client's own of that name. Throws a `TypeError` where the
   * name is no policy's to set (framing, addressing, another policy's identity headers) or the value could not be sent.
   */
  forwardHeader(name: string, value: string): void;
}

/** The head of a response on its way out. */
export interface OwnResponse extends Readonly<Pick<ResponseHead, "status">> {
  readonly headers: OwnFields;
  /** Sets a field in place of all of that name. Throws a `TypeError` as `forwardHeader` does. */
  setHeader(name: string, value: string): void;
  /** Takes out all fields of that name. */
  deleteHeader(name: string): void;
}

/**
 * What a user's policy does with the requests of a route. A hook that throws is a 500 of that request, logged once. A hook may return a
 * promise, and the request waits for it without end: bound what it waits for.
 */
export interface OwnPolicy {
  /** Before the handler. A reply answers now, and the handler is not asked. */
  request?(x: OwnExchange): Reply | void | Promise<Reply | void>;
  /** When the response's head is known, in reverse order. */
  response?(x: OwnExchange): void | Promise<void>;
  /** Exactly once, when the exchange is over, aborted or not, if the hook `request` was reached. */
  done?(x: OwnExchange): void;
  /** Once no request can meet it: stops what `create` began. */
  close?(): void | Promise<void>;
}

/** What stands around a user's policy, at its place in the config. */
export interface OwnAround extends Pick<Around, "place" | "pattern" | "plans"> {
  /** Time in milliseconds, which tests move by hand. */
  readonly host: { readonly clock: Pick<Clock, "now" | "wall" | "every"> };
  readonly gateway: Pick<GatewayView, "name">;
}

/** What a config of a user's policy asks of all that is around it. */
export interface OwnFacts extends Pick<Facts, "identityHeaders" | "clientHeaders" | "needs" | "claims"> {
  /** `replaces` (the default) takes the place of its kind in the groups around; `adds` is asked after them. */
  readonly inheritance?: "replaces" | "adds";
}

/** Where users' policies may stand: before it is known who is calling, or behind that. */
export type OwnStage = "entrance" | "behind";

/** What `definePolicy` is given. */
export interface PolicyDefinition<N extends string, S extends z.ZodObject> extends Pick<
  PolicyKind<N, S>,
  "name" | "summary" | "config" | "refusals"
> {
  /** Before it is known who is calling, or behind that; in either, behind the gateway's own policies. */
  readonly stage: OwnStage;
  /** What a config asks of all that is around it; nothing where it is left out. */
  facts?(config: z.output<S>): OwnFacts;
  /**
   * Makes one policy for one place in the config; routes that inherit it share it. Throws a `ConfigMistake` for what the schema
   * cannot see. A config that is checked is made as well, and closed again.
   */
  create(config: z.output<S>, around: OwnAround): OwnPolicy;
}

/** A user's kind of policy, as `definePolicy` returns it and `use` lists it. */
export interface OwnPolicyKind<
  N extends string = string,
  S extends z.ZodObject = z.ZodObject,
> extends PolicyKind<N, S> {
  readonly stage: OwnStage;
}
