import { globSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { AnyPolicyKind } from "../../src/contract/policy-kind.ts";
import { handlerKinds } from "../../src/handlers/index.ts";
import type { HandlerKind } from "../../src/contract/handler-kind.ts";
import { policyKinds } from "../../src/policies/index.ts";

/** A kind of policy or handler, and where its README is. */
export interface DocumentedKind {
  readonly family: "policy" | "handler";
  readonly kind: AnyPolicyKind | HandlerKind;
  /** From a page in `docs/reference`. */
  readonly readme: string;
}

const root = join(import.meta.dirname, "../..");

/** All policies in the order in which they run, then all handlers. */
export async function documentedKinds(): Promise<DocumentedKind[]> {
  const policies = await findFolders("policies", "policy.ts");
  const handlers = await findFolders("handlers", "handler.ts");
  return [
    ...policyKinds.map((kind) => ({ family: "policy" as const, kind, readme: readmeOf(kind, policies) })),
    ...handlerKinds.map((kind) => ({ family: "handler" as const, kind, readme: readmeOf(kind, handlers) })),
  ];
}

/** Folders by what their main file exports: a folder need not be called as its kind is. */
async function findFolders(family: string, file: string): Promise<Map<unknown, string>> {
  const folders = new Map<unknown, string>();
  for (const path of globSync(`src/${family}/*/${file}`, { cwd: root })) {
    const module = (await import(join(root, path))) as Readonly<Record<string, unknown>>;
    for (const value of Object.values(module)) folders.set(value, `${family}/${basename(dirname(path))}`);
  }
  return folders;
}

function readmeOf(kind: AnyPolicyKind | HandlerKind, folders: ReadonlyMap<unknown, string>): string {
  const folder = folders.get(kind);
  if (folder === undefined) throw new Error(`no folder exports the kind ${kind.name}`);
  return `../../src/${folder}/README.md`;
}
