/** The orders, and the read model of products (as events would feed it) that placing one needs. */
import { DatabaseSync } from "node:sqlite";
import type { SQLOutputValue } from "node:sqlite";

// Money is kept in whole cents and becomes a number of dollars on the way out. The id of an order is the
// text of its number: compared as text, `01` and `1.0` are not order `1`.
const schema = `
  CREATE TABLE IF NOT EXISTS catalogue (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    price_cents INTEGER NOT NULL CHECK (price_cents >= 0)
  ) STRICT;
  CREATE TABLE IF NOT EXISTS orders (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE GENERATED ALWAYS AS (CAST(number AS TEXT)) VIRTUAL,
    user_id TEXT NOT NULL,
    product TEXT NOT NULL,
    quantity INTEGER NOT NULL CHECK (quantity > 0),
    total_cents INTEGER NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('pending', 'shipped'))
  ) STRICT;
  CREATE INDEX IF NOT EXISTS orders_by_user ON orders (user_id);
  INSERT OR IGNORE INTO catalogue (id, name, price_cents) VALUES
    ('1', 'Widget', 2999),
    ('2', 'Gadget', 4999);
  INSERT OR IGNORE INTO orders (number, user_id, product, quantity, total_cents, status) VALUES
    (1, '1', 'Widget', 1, 2999, 'shipped'),
    (2, '2', 'Gadget', 1, 4999, 'pending');
`;

const columns = "id, user_id, product, total_cents / 100.0 AS total, status";

/** An order as clients see it: `id`, `user_id`, `product`, `total`, `status`. */
export type Order = Record<string, SQLOutputValue>;

export interface OrdersDatabase {
  /** All orders, or those of one user. */
  list(userId?: string): Order[];
  find(id: string): Order | undefined;
  /** Places an order at today's price; undefined when there is no such product. */
  place(userId: string, product: { by: "id" | "name"; key: string }, quantity: number): Order | undefined;
  close(): void;
}

/** Opens the database and, where they are missing, makes its tables and first rows. Throws what SQLite throws. */
export function openOrdersDatabase(path: string): OrdersDatabase {
  const database = new DatabaseSync(path);
  database.exec(schema);
  const all = database.prepare(`SELECT ${columns} FROM orders ORDER BY number`);
  const own = database.prepare(`SELECT ${columns} FROM orders WHERE user_id = ? ORDER BY number`);
  const one = database.prepare(`SELECT ${columns} FROM orders WHERE id = ?`);
  const preparePlace = (by: "id" | "name") =>
    database.prepare(
      `INSERT INTO orders (user_id, product, quantity, total_cents, status)
       SELECT :userId, name, :quantity, price_cents * :quantity, 'pending' FROM catalogue WHERE ${by} = :key
       RETURNING ${columns}`,
    );
  const place = { id: preparePlace("id"), name: preparePlace("name") };

  return {
    list: (userId) => (userId === undefined ? all.all() : own.all(userId)),
    find: (id) => one.get(id),
    place: (userId, { by, key }, quantity) => place[by].get({ userId, key, quantity }),
    close: () => database.close(),
  };
}
