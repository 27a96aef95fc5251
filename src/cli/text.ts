/** The end of a command's help. */
export function examples(...lines: readonly string[]): string {
  return `\nExamples:\n${lines.map((line) => `  $ ${line}\n`).join("")}`;
}

/** `7 routes, 1 service`. */
export function describeSize({ routes, services }: { routes: number; services: number }): string {
  return `${routes} ${routes === 1 ? "route" : "routes"}, ${services} ${services === 1 ? "service" : "services"}`;
}
