/** Longer tokens are rare, and their memory is better spent on others. */
const LONGEST = 2048;

/** A token as it is compared: its bytes, as words of four, the last one filled up with zeros. */
const words = new Int32Array(LONGEST / 4);
const bytes = new Uint8Array(words.buffer);
/** The fastest way from text to bytes: a third to half of what `write` of a Buffer costs. */
const encoder = new TextEncoder();

/**
 * The tokens that were used last, by their own bytes: to hash one costs more than all else that a request with a token that is
 * known needs. A slot is chosen by the end of the signature, and the whole token is compared with the one that is there.
 *
 * A token is no key of any map here. The comparison reads every word, however many agree, so that the time it takes tells
 * nobody how much of another's token was right; to get there at all, the end of another's signature must be known. Only tokens
 * that were verified are kept: what nobody signed chooses no slot and evicts nobody.
 */
export class RecentTokens<V> {
  readonly #mask: number;
  readonly #slots: (Slot<V> | undefined)[];

  /** How many it holds at most: `slots`, a power of two, or none. */
  constructor(slots: number) {
    this.#mask = slots - 1;
    this.#slots = Array.from({ length: slots }, () => undefined);
  }

  get(token: string): V | undefined {
    const slot = load(token) ? this.#slots[slotOf(token.length) & this.#mask] : undefined;
    return slot !== undefined && isLoaded(slot, token.length) ? slot.value : undefined;
  }

  set(token: string, value: V): void {
    if (this.#mask < 0 || !load(token)) return;
    const { length } = token;
    this.#slots[slotOf(length) & this.#mask] = { length, words: words.slice(0, (length + 3) >> 2), value };
  }

  delete(token: string): void {
    if (this.get(token) !== undefined) this.#slots[slotOf(token.length) & this.#mask] = undefined;
  }
}

interface Slot<V> {
  readonly length: number;
  readonly words: Int32Array;
  readonly value: V;
}

/** Writes the token to `words`; false when it is none that could be kept. */
function load(token: string): boolean {
  const { length } = token;
  if (length > LONGEST || length < 8) return false;
  words[(length - 1) >> 2] = 0;
  // Beyond ASCII there are more bytes than characters; nothing may look like another character here.
  return encoder.encodeInto(token, bytes).written === length;
}

/** From the last eight characters but for those behind the last whole word, which may be none. */
function slotOf(length: number): number {
  const last = length >> 2;
  return Math.imul(words[last - 1]! ^ Math.imul(words[last - 2]!, 0x85ebca6b), 0x9e3779b1) >>> 16;
}

function isLoaded({ length: kept, words: keptWords }: Slot<unknown>, length: number): boolean {
  if (kept !== length) return false;
  let difference = 0;
  for (let i = 0; i < keptWords.length; i++) difference |= keptWords[i]! ^ words[i]!;
  return difference === 0;
}
