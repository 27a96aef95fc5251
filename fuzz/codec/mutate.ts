import type { SeededRandom } from "../../src/simulation/seeded-random.ts";

/** What messages, and what is wrong with them, are made of; latin1. */
const DICTIONARY = [
  ...'\r|\n|\r\n|\n\n|\r\n\r\n|\r\r\n|\0| |\t|\x0b|\x0c|\x7f|\x80|\x85|\xa0|\xff|:|,|;|=|"|_|-|+|0|1|5|f|F|g|00000000|ffffffff|fffffffff|0x|.|/|//|..|/..;/|\\|%|%2f|%5c|%00|%2e|%zz|?|#|*|@|[|]'.split(
    "|",
  ),
  "Host: b\r\n",
  "Host:\r\n",
  "Content-Length: 5\r\n",
  "Content-Length: 0\r\n",
  "Content-Length: 18446744073709551621\r\n",
  "Transfer-Encoding: chunked\r\n",
  "Transfer-Encoding: gzip, chunked\r\n",
  "Transfer-Encoding:\r\n chunked\r\n",
  "Connection: close\r\n",
  "Connection: keep-alive, x\r\n",
  "Connection: upgrade\r\nUpgrade: h2c\r\n",
  "Expect: 100-continue\r\n",
  "Authorization: a\r\n",
  "Content-Type: a/b\r\n",
  "X: y\r\n",
  "X : y\r\n",
  "X_Y: z\r\n",
  " HTTP/1.0\r\n",
  " HTTP/1.1\r\n",
  "HTTP/2.0",
  "GET ",
  "HEAD ",
  "OPTIONS * ",
  "http://b:80/",
  "chunked",
  "0\r\n\r\n",
  "0\r\nX: y\r\n\r\n",
  "5\r\nhello\r\n",
  "5;a=b\r\nhello\r\n",
  "GET /b HTTP/1.1\r\nHost: a\r\n\r\n",
  "POST /b HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx",
  "HTTP/1.1 100 Continue\r\n\r\n",
  "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n",
  "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
  "HTTP/1.1 204 No Content\r\n\r\n",
];

const MOST_BYTES = 4000;

type Mutation = (text: string, random: SeededRandom, corpus: readonly string[]) => string;

const MUTATIONS: readonly Mutation[] = [
  (text, random) => splice(text, random, 0, random.pick(DICTIONARY)),
  (text, random) => splice(text, random, 0, random.pick(DICTIONARY)),
  (text, random) => splice(text, random, 1 + random.below(4), ""),
  (text, random) => splice(text, random, 1, String.fromCharCode(random.below(256))),
  (text, random) => splice(text, random, 1 + random.below(12), random.pick(DICTIONARY)),
  // One bit.
  (text, random) => {
    const at = random.below(text.length);
    const flipped = text.charCodeAt(at) ^ (1 << random.below(8));
    return text.slice(0, at) + String.fromCharCode(flipped) + text.slice(at + 1);
  },
  // A piece, once more.
  (text, random) => {
    const from = random.below(text.length);
    return splice(text, random, 0, text.slice(from, from + 1 + random.below(40)));
  },
  // The beginning of one, and the end of another.
  (text, random, corpus) => {
    const other = random.pick(corpus);
    return text.slice(0, random.below(text.length + 1)) + other.slice(random.below(other.length + 1));
  },
  // Another message behind it.
  (text, random, corpus) => text + random.pick(corpus),
  // The end has not come.
  (text, random) => text.slice(0, random.below(text.length)),
];

/** A text of the corpus with a few changes. */
export function mutate(corpus: readonly string[], random: SeededRandom): string {
  let text = random.pick(corpus);
  for (let changes = 1 + random.below(4); changes > 0; changes--)
    text = random.pick(MUTATIONS)(text === "" ? " " : text, random, corpus);
  return text.slice(0, MOST_BYTES);
}

function splice(text: string, random: SeededRandom, remove: number, insert: string): string {
  const at = random.below(text.length + 1);
  return text.slice(0, at) + insert + text.slice(at + remove);
}

/** Where the bytes of a text are cut: nowhere, everywhere, or at a few places. */
export function cutsOf(text: string, random: SeededRandom): number[] {
  if (random.chance(0.1)) return Array.from({ length: text.length }, (_, index) => index);
  return Array.from({ length: random.below(6) }, () => random.below(text.length + 1));
}
