import { relative } from "node:path";
import type { TestEvent } from "node:test/reporters";

/** A reporter for Node's test runner: a line of JSON for each test that failed. */
export default async function* reportFailedTests(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  for await (const { type, data } of events) {
    if (type !== "test:fail") continue;
    // A suite, or a test with others inside, that fails because of one in it.
    const { failureType } = data.details.error as Error & { readonly failureType?: string };
    if (failureType === "subtestsFailed") continue;
    const file = data.file === undefined ? "" : `${relative(process.cwd(), data.file)}: `;
    yield `${JSON.stringify(file.replaceAll("\\", "/") + data.name)}\n`;
  }
}
