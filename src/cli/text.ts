/** `7 routes, 1 service`. */
export function describeSize({ routes, services }: { routes: number; services: number }): string {
  return `${routes} ${routes === 1 ? "route" : "routes"}, ${services} ${services === 1 ? "service" : "services"}`;
}
