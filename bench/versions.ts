import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { versionOf } from "./tools.ts";
import type { Tools } from "./tools.ts";

const packages = [
  "fast-gateway",
  "fastify",
  "@fastify/http-proxy",
  "@fastify/jwt",
  "@fastify/rate-limit",
  "@fastify/cors",
] as const;

/** The version of everything that took part in a run. */
export function readVersions(tools: Tools): Record<string, string> {
  return {
    portcullis: readPackageVersion(new URL("../package.json", import.meta.url)),
    "Node.js": process.versions.node,
    nginx: versionOf(tools.nginx, "-v"),
    HAProxy: versionOf(tools.haproxy, "-v"),
    ...Object.fromEntries(packages.map((name) => [name, readPackageVersion(findManifest(name))])),
    wrk: versionOf(tools.wrk, "-v"),
  };
}

function findManifest(name: string): string {
  // Not every package exports its manifest, so look where Node.js would look for the package.
  const folders = createRequire(import.meta.url).resolve.paths(name) ?? [];
  const found = folders.map((folder) => `${folder}/${name}/package.json`).find(isReadable);
  if (found === undefined) throw new Error(`${name} is not installed`);
  return found;
}

function isReadable(path: string): boolean {
  try {
    return readFileSync(path).length > 0;
  } catch {
    return false;
  }
}

function readPackageVersion(manifest: string | URL): string {
  const { version }: { version?: unknown } = JSON.parse(readFileSync(manifest, "utf8"));
  return typeof version === "string" ? version : "unknown";
}
