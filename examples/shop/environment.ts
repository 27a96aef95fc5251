/** What the shop reads from the environment. Unset, all of it has working defaults. */
export interface ShopEnvironment {
  readonly host: string;
  readonly port: number;
  /** Requests a minute and address, for the whole `/api/v1` group. */
  readonly rateLimit: number;
  /** A size such as "10mb". */
  readonly bodyLimit: string;
  readonly urls: Readonly<Record<ServiceName, string>>;
}

export type ServiceName = "users" | "orders" | "products";

/** The variable that says where a service runs already, by its name. */
export const URL_VARIABLES: Readonly<Record<ServiceName, string>> = {
  users: "USERS_URL",
  orders: "ORDERS_URL",
  products: "PRODUCTS_URL",
};

/** Known variables that set nothing here, which is said instead of ignoring them. */
export const UNSUPPORTED_VARIABLES = ["ADMIN_PORT", "WORKERS", "REDIS_URL"] as const;

/** Reads the environment; throws an `Error` whose message says which variable to mend, and how. */
export function readEnvironment(env: NodeJS.ProcessEnv): ShopEnvironment {
  return {
    host: env["HOST"] || "127.0.0.1",
    port: readInteger(env, "PORT", 8000, 0, 65_535),
    rateLimit: readInteger(env, "RATE_LIMIT", 100, 1, 1_000_000_000),
    bodyLimit: env["BODY_LIMIT"] || "10mb",
    urls: {
      users: env["USERS_URL"] || "http://127.0.0.1:9001",
      orders: env["ORDERS_URL"] || "http://127.0.0.1:9002",
      products: env["PRODUCTS_URL"] || "http://127.0.0.1:9003",
    },
  };
}

function readInteger(
  env: NodeJS.ProcessEnv,
  name: string,
  fallback: number,
  min: number,
  max: number,
): number {
  const text = env[name];
  if (text === undefined || text === "") return fallback;
  const value = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= min && value <= max) return value;
  throw new Error(`${name} is ${JSON.stringify(text)}; give a whole number from ${min} to ${max}`);
}

/** The variable that a place in the shop's config is read from, if one is. */
export function variableAt(path: readonly (string | number)[]): string | undefined {
  const field = path.at(-1);
  if (path[0] === "services") return URL_VARIABLES[path[1] as ServiceName];
  if (path[0] === "limits" && field === "body") return "BODY_LIMIT";
  if (field === "secret") return "JWT_SECRET";
  // What the credentials allow depends on where the gateway listens.
  if (field === "credentials" || (path[0] === "listen" && field === "host")) return "HOST";
  return undefined;
}
