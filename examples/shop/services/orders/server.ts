/** The orders service: who ordered what, and placing an order. */
import type { IncomingMessage, Server } from "node:http";
import { runService } from "../process.ts";
import { createService, ok, Refusal } from "../service.ts";
import { readJsonObject } from "./body.ts";
import { openOrdersDatabase } from "./database.ts";

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const bodyLimitBytes = 16 * 1024;
/** Keeps a total far inside what a number holds exactly. */
const maximumQuantity = 1_000_000;

interface Caller {
  readonly userId: string;
  readonly isAdmin: boolean;
}

/**
 * Makes the service: `GET /orders`, `GET /orders/{id}`, `POST /orders`. It believes the identity headers,
 * so nothing but the gateway may reach it. Throws when the database cannot be opened.
 */
export function createOrdersServer(databasePath = ":memory:"): Server {
  const database = openOrdersDatabase(databasePath);

  return createService({
    paths: {
      "/orders": {
        GET: (request) => {
          const caller = identify(request);
          return ok({ orders: caller.isAdmin ? database.list() : database.list(caller.userId) });
        },
        POST: async (request) => {
          const { userId } = identify(request);
          const body = await readJsonObject(request, bodyLimitBytes);
          const order = database.place(userId, readProduct(body), readQuantity(body));
          if (order === undefined) throw new Refusal(422, "Unknown product");
          // Relative to the URL the client asked for (RFC 9110, 10.2.2), so it holds under any prefix that
          // the gateway strips: next to /api/v1/orders, `orders/3` is /api/v1/orders/3.
          return { status: 201, body: order, headers: { Location: `orders/${String(order["id"])}` } };
        },
      },
      "/orders/{id}": {
        GET: (request, id) => {
          const caller = identify(request);
          const order = database.find(id);
          // Another's order is answered as one that is not there: a 403 would tell that it is.
          if (order === undefined || !(caller.isAdmin || order["user_id"] === caller.userId)) {
            throw new Refusal(404, "Order not found");
          }
          return ok(order);
        },
      },
    },
    close: () => database.close(),
  });
}

/** The caller, by the headers that the gateway sets. Sent twice, they are joined and name nobody. */
function identify(request: IncomingMessage): Caller {
  const userId = decodeField(request.headers["x-user-id"]);
  if (userId === "") throw new Refusal(401, "Missing identity");
  return { userId, isAdmin: request.headers["x-user-role"] === "admin" };
}

/** The gateway writes UTF-8, of which Node makes a character a byte. What is none, or is not there, becomes empty. */
function decodeField(value: string | string[] | undefined): string {
  try {
    return typeof value === "string" ? utf8.decode(Buffer.from(value, "latin1")) : "";
  } catch {
    return "";
  }
}

function readProduct(body: Readonly<Record<string, unknown>>): { by: "id" | "name"; key: string } {
  const { product, product_id: productId } = body;
  if (product !== undefined && productId !== undefined) {
    throw new Refusal(422, "Give product or product_id, not both");
  }
  if (typeof product === "string") return { by: "name", key: product };
  if (typeof productId === "string") return { by: "id", key: productId };
  throw new Refusal(422, "Unknown product");
}

function readQuantity(body: Readonly<Record<string, unknown>>): number {
  const { quantity = 1 } = body;
  if (
    typeof quantity !== "number" ||
    !Number.isInteger(quantity) ||
    quantity < 1 ||
    quantity > maximumQuantity
  ) {
    throw new Refusal(422, `Quantity must be a whole number from 1 to ${maximumQuantity}`);
  }
  return quantity;
}

if (import.meta.main) await runService({ name: "orders", port: 9002, create: createOrdersServer });
