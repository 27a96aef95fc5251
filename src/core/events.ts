import type { ClientCode } from "./client-codes.ts";

/**
 * What happens in the gateway beside its requests: whoever keeps it running may want to know. The names of the values are those of the
 * log's fields. A `place` is where in the config something stands, as `routes[2].policies.rateLimit`.
 */
interface EventValues {
  "circuit.changed": {
    readonly service: string;
    readonly from: "closed" | "open" | "half-open";
    readonly to: "closed" | "open" | "half-open";
  };
  "limit.table_full": {
    readonly place: string;
    readonly limit: string;
    readonly newClients: "refused" | "not limited";
  };
  "limit.would_refuse": { readonly place: string; readonly limit: string };
  "auth_failures.table_full": { readonly place: string };
  "connections.turned_away": {
    readonly code: ClientCode;
    readonly clientAddress: string;
    /** A sentence about the connections, as "they have no PROXY header". */
    readonly why: string;
  };
  "introspection.unavailable": { readonly place: string; readonly server: string; readonly err: Error };
  "keys.unavailable": {
    readonly issuer: string;
    readonly err: unknown;
    readonly meanwhile: "the ones from before serve on" | "its tokens are answered with 503";
  };
  "keys.available": { readonly issuer: string; readonly keys: number };
  "key.unusable": { readonly issuer: string; readonly kid: string; readonly problem: string };
  /** `what` is what the file lists, as "API keys". */
  "file.read_anew": { readonly file: string; readonly what: string; readonly entries: number };
  "file.unusable": { readonly file: string; readonly what: string; readonly problem: string };
  "token.revoked": { readonly zone: string; readonly client: string; readonly jti: string };
  "subject.revoked": { readonly zone: string; readonly client: string; readonly sub: string };
  "revocation.refused": {
    readonly zone: string;
    readonly client: string;
    /** One of both. */
    readonly jti?: string;
    readonly sub?: string;
  };
  "revocation.of_nothing": { readonly client: string };
}

/** Stable: what listens may know events by it. */
export type EventKind = keyof EventValues;

/** One of a closed set, told apart by `kind`. */
export type GatewayEvent = { [K in EventKind]: { readonly kind: K } & EventValues[K] }[EventKind];

/** Where events are told, each of them, floods included: who listens decides of how many to make something. */
export interface Events {
  tell(event: GatewayEvent): void;
}

/** What is said of a kind of event; `Value` is the name of any of its values. */
export interface EventMeaning<Value extends string = string> {
  readonly level: "info" | "warn" | "error";
  /** The message of its line; `{name}` stands for that value of the event. */
  readonly message: string;
  /** The values that are fields of the line, in their order. */
  readonly fields: readonly Value[];
  /** Where there may be many: how often there is a line for each `by`, and which field says of how many events it tells. */
  readonly atMost?: { readonly everyMs: number; readonly by: Value; readonly count: string };
  readonly happened: string;
  readonly todo: string;
}

const MINUTE_MS = 60_000;

/** All of them. `by` names a value of which the config and the code have a few, and never one that clients choose. */
export const EVENTS: { readonly [K in EventKind]: EventMeaning<keyof EventValues[K] & string> } = {
  "circuit.changed": {
    level: "warn",
    message: "circuit of service {service} is {to}",
    fields: ["service", "from", "to"],
    happened:
      "The circuit of a service opened after failures, let probes through (`half-open`), or closed again.",
    todo: "Where it opened, look at the service: the requests before this line say by their `code` how it failed.",
  },
  "limit.table_full": {
    level: "warn",
    message: "the table of a rate limit is full, new clients are {newClients}: raise maxKeys",
    fields: ["limit"],
    atMost: { everyMs: MINUTE_MS, by: "place", count: "times" },
    happened: "A client could not be counted, since a limit counts as many others as there is room for.",
    todo: "Raise the limit's `maxKeys`. `onFull` decides what becomes of such clients.",
  },
  "limit.would_refuse": {
    level: "info",
    message: "a rate limit in shadow mode would have refused requests",
    fields: ["limit"],
    atMost: { everyMs: MINUTE_MS, by: "place", count: "times" },
    happened: "A limit with `mode: shadow` let a request pass that it would refuse.",
    todo: "Enforce the limit once only those are counted here that it is meant for.",
  },
  "auth_failures.table_full": {
    level: "warn",
    message:
      "the table of failed authentications is full, those of new addresses are not counted: raise maxKeys",
    fields: [],
    atMost: { everyMs: MINUTE_MS, by: "place", count: "times" },
    happened:
      "A refused credential could not be counted, since `authFailures` counts those of as many other addresses as there is room for.",
    todo: "Raise the policy's `maxKeys`.",
  },
  "connections.turned_away": {
    level: "warn",
    message: "connections were closed without an answer: {why}",
    fields: ["code", "clientAddress"],
    atMost: { everyMs: 10_000, by: "code", count: "connections" },
    happened:
      "A connection was closed before a request was read from it; `clientAddress` is that of the last one.",
    todo: "Look up the `code` among the problems: it says what to change.",
  },
  "introspection.unavailable": {
    level: "warn",
    message:
      "an authorization server does not say whether a token is active; such requests are answered with 503",
    fields: ["server", "err"],
    atMost: { everyMs: MINUTE_MS, by: "place", count: "times" },
    happened:
      "The server that `introspection` asks did not answer, refused the gateway's own credentials, or gave an answer that cannot be used; `err` says which.",
    todo: "Look at the server, and at `clientId` and `clientSecret`.",
  },
  "keys.unavailable": {
    level: "warn",
    message: "the keys of an issuer cannot be had; {meanwhile}",
    fields: ["issuer", "err"],
    happened:
      "The keys of an issuer that `jwt` trusts could not be fetched; it is tried again and again, and told once.",
    todo: "Look at the issuer. Keys from before serve on for as long as its `staleFor` says.",
  },
  "keys.available": {
    level: "info",
    message: "the keys of an issuer can be had again",
    fields: ["issuer", "keys"],
    happened:
      "The keys of an issuer were fetched, which could not be before; `keys` is how many can be used.",
    todo: "There is nothing to do.",
  },
  "key.unusable": {
    level: "warn",
    message: "a key of an issuer's set is not used: {problem}",
    fields: ["issuer", "kid"],
    happened:
      "An issuer publishes a key that is too weak, of no known kind, or malformed; each is told once.",
    todo: "Ask the issuer for another key, unless it signs with those that can be used.",
  },
  "file.read_anew": {
    level: "info",
    message: "the {what} were read anew",
    fields: ["file", "entries"],
    happened: "A file that the config names has changed, and counts from now on.",
    todo: "There is nothing to do.",
  },
  "file.unusable": {
    level: "error",
    message: "the {what} cannot be read anew, the last good ones stay",
    fields: ["file", "problem"],
    happened: "A file that the config names has changed, and cannot be used as it is now.",
    todo: "Mend what `problem` says.",
  },
  "token.revoked": {
    level: "info",
    message: "a token was revoked",
    fields: ["zone", "client", "jti"],
    happened: "A client of the handler `revoke` took a token back.",
    todo: "There is nothing to do. After a restart the log is what knows of it.",
  },
  "subject.revoked": {
    level: "info",
    message: "all tokens of a subject were revoked",
    fields: ["zone", "client", "sub"],
    happened:
      "A client of the handler `revoke` took back all tokens that a subject had been issued until then.",
    todo: "There is nothing to do. After a restart the log is what knows of it.",
  },
  "revocation.refused": {
    level: "error",
    message:
      "a revocation was refused: there is no room until others have expired; raise the entries of the zone",
    fields: ["zone", "client", "jti", "sub"],
    happened: "The handler `revoke` could not take back a token, or those of a subject, which stay valid.",
    todo: "Raise `entries` of the zone, and have it revoked again.",
  },
  "revocation.of_nothing": {
    level: "info",
    message: "nothing was revoked: the token is none of the gateway's",
    fields: ["client"],
    happened:
      "A client of the handler `revoke` showed what is no token that a key of the handler has signed.",
    todo: "See whether the client means another gateway, and whether a key was removed before its last tokens had expired.",
  },
};
