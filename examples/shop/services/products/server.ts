/** The products service: what is for sale. */
import type { Server } from "node:http";
import { DatabaseSync } from "node:sqlite";
import { runService } from "../process.ts";
import { createService, ok, Refusal } from "../service.ts";

// Money is kept in whole cents and becomes a number of dollars on the way out.
const schema = `
  CREATE TABLE IF NOT EXISTS products (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    price_cents INTEGER NOT NULL CHECK (price_cents >= 0),
    stock INTEGER NOT NULL CHECK (stock >= 0)
  ) STRICT;
  INSERT OR IGNORE INTO products (id, name, price_cents, stock) VALUES
    ('1', 'Widget', 2999, 150),
    ('2', 'Gadget', 4999, 75);
`;

/** Makes the service: `GET /products`, `GET /products/{id}`. Throws when the database cannot be opened. */
export function createProductsServer(databasePath = ":memory:"): Server {
  const database = new DatabaseSync(databasePath);
  database.exec(schema);
  const columns = "id, name, price_cents / 100.0 AS price, stock";
  const all = database.prepare(`SELECT ${columns} FROM products ORDER BY id`);
  const one = database.prepare(`SELECT ${columns} FROM products WHERE id = ?`);

  return createService({
    paths: {
      "/products": { GET: () => ok({ products: all.all() }) },
      "/products/{id}": {
        GET: (_request, id) => {
          const product = one.get(id);
          if (product === undefined) throw new Refusal(404, "Product not found");
          return ok(product);
        },
      },
    },
    close: () => database.close(),
  });
}

if (import.meta.main) await runService({ name: "products", port: 9003, create: createProductsServer });
