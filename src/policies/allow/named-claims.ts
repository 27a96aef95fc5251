import type { ClaimForm, NamedClaim } from "../../callers/claim-name.ts";
import { isParam } from "./leaves.ts";
import { isClaimTest, type AllowConfig, type ClaimValue, type Expected, type Rule } from "./schema.ts";

type Path = NamedClaim["path"];

/** The claims that a rule names, and what it compares them with. */
export function namedClaims(config: AllowConfig): readonly NamedClaim[] {
  const { roleClaim } = config;
  if (roleClaim === undefined) return claimsOfRule(config, []);
  const ofRoles: NamedClaim =
    typeof roleClaim === "string"
      ? { name: roleClaim, path: ["roleClaim"], takes: ["string", "list"] }
      : { name: roleClaim.name, path: ["roleClaim", "name"], takes: ["object"] };
  return [ofRoles, ...claimsOfRule(config, [])];
}

function claimsOfRule({ claim = {}, all = [], any = [], not }: Rule, path: Path): readonly NamedClaim[] {
  return [
    ...Object.entries(claim).map(([name, value]) => namedIn(name, value, [...path, "claim", name])),
    ...all.flatMap((rule, i) => claimsOfRule(rule, [...path, "all", i])),
    ...any.flatMap((rule, i) => claimsOfRule(rule, [...path, "any", i])),
    ...(not === undefined ? [] : claimsOfRule(not, [...path, "not"])),
  ];
}

function namedIn(name: string, value: ClaimValue, path: Path): NamedClaim {
  const { at, is, contains, param } = isClaimTest(value) ? value : { is: value };
  const named = { name, path, atKey: true };
  // What stands further in is not known by the claim's type alone.
  if (at !== undefined) return { ...named, takes: ["object"] };
  if (contains !== undefined)
    return { ...named, takes: ["list"], compared: { what: "items", values: valuesOf(contains) } };
  const expected = is ?? { param: param! };
  const takes: readonly ClaimForm[] | undefined = isParam(expected) ? ["string"] : undefined;
  return {
    ...named,
    ...(takes === undefined ? {} : { takes }),
    compared: { what: "itself", values: valuesOf(expected) },
  };
}

function valuesOf(expected: Expected) {
  return isParam(expected) ? [] : [expected].flat();
}
