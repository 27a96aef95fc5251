import { CORE_REFUSALS } from "../../src/core/refusals.ts";
import type { RefusalKind } from "../../src/http/refusal.ts";
import { HTTP_REFUSALS } from "../../src/http/refusals.ts";
import { SERVICE_REFUSALS } from "../../src/services/refusals.ts";
import { documentedKinds } from "./kinds.ts";

/** The refusals of one owner: what stands before the dot of their codes. */
export interface RefusalGroup {
  readonly owner: string;
  /** Which part of the gateway refuses, and when. */
  readonly about: string;
  readonly refusals: readonly RefusalKind[];
}

const OWNERS: Readonly<Record<string, string>> = {
  http: "The gateway, while it reads a request. It closes the connection after all of these but `http.loop` and, where the body said how long it is, `http.body_too_large`: where a message has no single reading, nobody can say where the next one begins.",
  route:
    "The gateway, when no route takes the request. See [routing](../guides/routing.md#when-nothing-takes-it).",
  auth: "The gateway, on a route with several policies that authenticate. See [authentication](../guides/authentication.md).",
  service:
    "The gateway, on behalf of the service that the route names: it was not asked, or it did not answer well. All but `service.circuit_open`, `service.busy` and `service.no_socket`, where it was not asked, count as failures for its [circuit](config.md#services); a `service.broken` on a kept connection that the service was just then closing does not.",
  internal:
    "The gateway, because of a fault of its own, or of a function that the [`fetch`](config.md#handler.fetch) handler calls.",
};

/** Every refusal that there is, by owner. */
export async function refusalGroups(): Promise<RefusalGroup[]> {
  const fixed = [...HTTP_REFUSALS, ...CORE_REFUSALS, ...SERVICE_REFUSALS];
  const groups = Object.entries(OWNERS).map(([owner, about]) => ({
    owner,
    about,
    refusals: fixed.filter((kind) => ownerOf(kind) === owner),
  }));
  const ownerless = fixed.filter((kind) => !Object.hasOwn(OWNERS, ownerOf(kind)));
  if (ownerless.length > 0) throw new Error(`nobody owns ${ownerless.map(({ code }) => code).join(", ")}`);
  for (const { family, kind, readme } of await documentedKinds()) {
    if (kind.refusals.length === 0) continue;
    const about = `The ${family} [\`${kind.name}\`](${readme}). ${kind.summary}`;
    groups.push({ owner: kind.name, about, refusals: [...kind.refusals] });
  }
  return groups;
}

/** `jwt` of `jwt.expired`. */
export function ownerOf(kind: RefusalKind): string {
  return kind.code.split(".")[0]!;
}
