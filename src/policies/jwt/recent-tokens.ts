/** Longer tokens are rare, and their memory is better spent on others. */
const LONGEST = 2048;
/** What the slot is made of: characters of the signature, which are as good as random. */
const SAMPLED = 5;

/**
 * The tokens that were used last, by their own text: to hash one costs more than all else that a request with a token that is
 * known needs. A slot is chosen by some characters of the signature, and the whole token is compared with the one that is
 * there.
 *
 * A token is no key of any map here. The comparison reads every character, however many agree, so that the time it takes tells
 * nobody how much of another's token was right; to get there at all, the end of another's signature must be known. Only tokens
 * that were verified are kept: what nobody signed chooses no slot and evicts nobody.
 */
export class RecentTokens<V> {
  readonly #mask: number;
  readonly #tokens: string[];
  readonly #values: (V | undefined)[];

  /** How many it holds at most: `slots`, a power of two, or none. */
  constructor(slots: number) {
    this.#mask = slots - 1;
    this.#tokens = Array.from({ length: slots }, () => "");
    this.#values = Array.from({ length: slots }, () => undefined);
  }

  get(token: string): V | undefined {
    if (this.#mask < 0) return undefined;
    const slot = slotOf(token) & this.#mask;
    return isSame(this.#tokens[slot]!, token) ? this.#values[slot] : undefined;
  }

  set(token: string, value: V): void {
    if (this.#mask < 0 || token.length > LONGEST) return;
    const slot = slotOf(token) & this.#mask;
    // A copy: a token that was cut out of a head keeps all of that in memory, other people's cookies included.
    this.#tokens[slot] = Buffer.from(token, "latin1").toString("latin1");
    this.#values[slot] = value;
  }

  delete(token: string): void {
    const slot = slotOf(token) & this.#mask;
    if (this.#mask < 0 || !isSame(this.#tokens[slot]!, token)) return;
    this.#tokens[slot] = "";
    this.#values[slot] = undefined;
  }
}

/** From characters before the last one, of which some bits are always zero. */
function slotOf(token: string): number {
  let mixed = 0;
  for (let i = 2; i < SAMPLED + 2; i++)
    mixed = Math.imul(mixed ^ token.charCodeAt(token.length - i), 0x9e3779b1);
  return mixed >>> 16;
}

function isSame(kept: string, token: string): boolean {
  const { length } = token;
  if (kept.length !== length) return false;
  let difference = 0;
  for (let i = 0; i < length; i++) difference |= kept.charCodeAt(i) ^ token.charCodeAt(i);
  return difference === 0;
}
