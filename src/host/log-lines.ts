/**
 * Characters that JSON leaves as they are and that a terminal or a viewer takes as commands: DEL, the C1 controls (`\x9b`
 * begins an escape sequence), line separators, and marks that change the direction of text.
 */
const COMMANDS = /[\u007f-\u009f\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

/** Any text as a JSON string, with nothing in it that acts on a terminal. */
export function quote(text: string): string {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code < 0x20 || code > 0x7e || code === 0x22 || code === 0x5c)
      return escapeCommands(JSON.stringify(text));
  }
  return `"${text}"`;
}

/** JSON that says the same and has nothing in it that acts on a terminal; such characters can only stand in its strings. */
export function escapeCommands(json: string): string {
  return json.replace(COMMANDS, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** JSON of which a reader that decodes strings shows escapes as they are written, except those of `\n`, `\t`, `"` and `\`. */
export function keepEscapes(json: string): string {
  return json.replace(/\\(?:u[0-9a-f]{4}|[bfr])|\\./g, (escape) =>
    /^\\[ubfr]/.test(escape) ? `\\${escape}` : escape,
  );
}
