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
  const token = /^Unexpected token '(.+?)'/s.exec(problem)?.[1];
  if (token === undefined) return text.length;
  // This message names the token and not its place. Cut off behind the right one, the text fails in the same way; cut
  // off earlier, it merely ends too soon.
  for (let at = text.indexOf(token); at !== -1; at = text.indexOf(token, at + 1)) {
    if (tryParse(text.slice(0, at + token.length))?.startsWith("Unexpected token") === true) return at;
  }
  return text.length;
}

function tryParse(text: string): string | undefined {
  try {
    JSON.parse(text);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
