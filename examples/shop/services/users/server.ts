/** The users service: who there is. */
import type { Server } from "node:http";
import { DatabaseSync } from "node:sqlite";
import { runService } from "../process.ts";
import { createService, ok, Refusal } from "../service.ts";

const schema = `
  CREATE TABLE IF NOT EXISTS users (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    email TEXT NOT NULL UNIQUE
  ) STRICT;
  INSERT OR IGNORE INTO users (id, name, email) VALUES
    ('1', 'Alice', 'alice@example.com'),
    ('2', 'Bob', 'bob@example.com');
`;

/** Makes the service: `GET /users`, `GET /users/{id}`. Throws when the database cannot be opened. */
export function createUsersServer(databasePath = ":memory:"): Server {
  const database = new DatabaseSync(databasePath);
  database.exec(schema);
  const all = database.prepare("SELECT id, name, email FROM users ORDER BY id");
  const one = database.prepare("SELECT id, name, email FROM users WHERE id = ?");

  return createService({
    paths: {
      "/users": { GET: () => ok({ users: all.all() }) },
      "/users/{id}": {
        GET: (_request, id) => {
          const user = one.get(id);
          if (user === undefined) throw new Refusal(404, "User not found");
          return ok(user);
        },
      },
    },
    close: () => database.close(),
  });
}

if (import.meta.main) await runService({ name: "users", port: 9001, create: createUsersServer });
