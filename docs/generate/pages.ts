import { configPage } from "./config-page.ts";
import { eventsPage } from "./events-page.ts";
import { problemsPage } from "./problems-page.ts";

/** The pages of `docs/reference`, by file name. */
export async function referencePages(): Promise<Readonly<Record<string, string>>> {
  return {
    "config.md": await configPage(),
    "problems.md": await problemsPage(),
    "events.md": eventsPage(),
  };
}
