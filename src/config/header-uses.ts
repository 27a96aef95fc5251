import type { ConfigIssue } from "./issue.ts";
import type { ConfigPath } from "../lib/config-path.ts";
import type { AnyPolicyKind } from "../contract/policy-kind.ts";
import type { PlacedPolicy } from "./placed-policy.ts";

interface Use {
  readonly header: string;
  /** Who looks for it in what clients send. */
  readonly who: string;
  readonly path: ConfigPath;
}

/**
 * Holds that a request header has one meaning: what tells services who is calling is deleted from what clients send, so that nothing
 * else can look for it there, and two policies of a route that both say something in it would leave it to their order what counts.
 */
export class HeaderUses {
  readonly #issues: ConfigIssue[];
  /** The headers that policies tell services by, with the policy that was the first to. */
  readonly #identity = new Map<string, string>();
  /** Of these a mistake has been told: once, and not for each route. */
  readonly #told = new Set<PlacedPolicy>();
  readonly #uses: Use[] = [];

  constructor(issues: ConfigIssue[]) {
    this.#issues = issues;
  }

  /** Identity headers of all policies so far. */
  get identityHeaders(): Iterable<string> {
    return this.#identity.keys();
  }

  add({ kind, path, facts }: PlacedPolicy): void {
    for (const header of facts.identityHeaders ?? [])
      if (!this.#identity.has(header)) this.#identity.set(header, kind.name);
    for (const { header, path: below } of facts.clientHeaders ?? [])
      this.#uses.push({ header, who: kind.name, path: [...path, ...below] });
  }

  addMatch(headers: Readonly<Record<string, unknown>> | undefined, path: ConfigPath): void {
    for (const header of Object.keys(headers ?? {}))
      this.#uses.push({ header, who: "the route", path: [...path, "headers", header] });
  }

  /** Of policies that authenticate, only one has its say. */
  checkRoute(route: string, policies: readonly PlacedPolicy[]): void {
    const seen = new Map<string, AnyPolicyKind>();
    for (const placed of policies) {
      if (this.#told.has(placed)) continue;
      const { kind, path, facts } = placed;
      for (const header of facts.identityHeaders ?? []) {
        const other = seen.get(header);
        if (other === undefined) seen.set(header, kind);
        if (other === undefined || (other.establishes === "caller" && kind.establishes === "caller"))
          continue;
        this.#issues.push({
          path,
          message: `${other.name} and ${kind.name} both use the header ${header}, and the route ${route} has both`,
          hint: "give each a header of its own",
        });
        this.#told.add(placed);
      }
    }
  }

  /** Call it when all policies are known: one may stand behind the route whose request it would change. */
  checkUses(): void {
    for (const { header, who, path } of this.#uses) {
      const policy = this.#identity.get(header);
      if (policy === undefined) continue;
      this.#issues.push({
        path,
        message: `${who} looks for the header ${header}, and what clients send in it is deleted: it belongs to ${policy}`,
        hint: "take another header for one of them",
      });
    }
  }
}
