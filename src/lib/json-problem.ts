/** What is wrong with a text as JSON, and where; undefined when nothing is. */
export function findJsonProblem(text: string): { message: string; offset: number } | undefined {
  const problem = tryParse(text);
  if (problem === undefined) return undefined;
  const message = problem
    .replace(/ in JSON at position \d+.*$/s, "")
    .replace(/^(Unexpected token '.+?'), .*$/s, "$1")
    .replace(/JSON input$/, "the file");
  return { message: message.charAt(0).toLowerCase() + message.slice(1), offset: findOffset(text, problem) };
}

function findOffset(text: string, problem: string): number {
  const position = / at position (\d+)/.exec(problem)?.[1];
  if (position !== undefined) return Number(position);
  if (!problem.startsWith("Unexpected token")) return text.length;
  // This message does not say where. Cut off behind the place, the text fails in the same way; cut off earlier, it merely ends too
  // soon. Halving finds the place of one mistake in megabytes while a gateway waits.
  let before = 0;
  let behind = text.length;
  while (behind - before > 1) {
    const middle = Math.floor((before + behind) / 2);
    if (tryParse(text.slice(0, middle))?.startsWith("Unexpected token") === true) behind = middle;
    else before = middle;
  }
  return before;
}

function tryParse(text: string): string | undefined {
  try {
    JSON.parse(text);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
