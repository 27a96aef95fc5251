import type { Random } from "../host/host.ts";

/** A key that clients cannot know, for a table and its hashes. */
export function randomSeed(random: Random): readonly [number, number] {
  return [Number.parseInt(random.hex(8), 16), Number.parseInt(random.hex(8), 16)];
}

/**
 * HalfSipHash-2-4 with 64 bits of output (Aumasson and Bernstein, "SipHash: a fast short-input PRF"), over whole 32-bit
 * words. Tables index by it, so it is keyed: who does not know the key cannot choose inputs that fall into one set. The
 * half-width form is the one that costs little where 64-bit arithmetic does.
 *
 * A key is a sequence of fields. Texts carry their length, so that `a` + `bc` and `ab` + `c` are different keys; who mixes
 * numbers and texts begins with a number that says what follows. `high` and `low` hold the hash after `end`: fields and no
 * result object, because this runs on every request.
 */
export class KeyedHash {
  /** The hash, two unsigned 32-bit halves. */
  high = 0;
  low = 0;

  readonly #key0: number;
  readonly #key1: number;
  #v0 = 0;
  #v1 = 0;
  #v2 = 0;
  #v3 = 0;
  #words = 0;

  /** `key0` and `key1` are 32 random bits each. */
  constructor(key0: number, key1: number) {
    this.#key0 = key0 | 0;
    this.#key1 = key1 | 0;
  }

  begin(): void {
    this.#v0 = this.#key0;
    this.#v1 = this.#key1 ^ 0xee;
    this.#v2 = this.#key0 ^ 0x6c796765;
    this.#v3 = this.#key1 ^ 0x74656462;
    this.#words = 0;
  }

  /** Adds a field of 32 bits. */
  number(value: number): void {
    this.#words++;
    this.#v3 ^= value;
    this.#rounds(2);
    this.#v0 ^= value;
  }

  /** Adds a field of any length: its length, then two UTF-16 units a word. */
  text(value: string): void {
    const length = value.length;
    this.number(length);
    for (let i = 0; i + 1 < length; i += 2)
      this.number(value.charCodeAt(i) | (value.charCodeAt(i + 1) << 16));
    if (length % 2 === 1) this.number(value.charCodeAt(length - 1));
  }

  end(): void {
    // The last word of the message is its length in bytes, modulo 256, in the top byte.
    const last = (this.#words * 4) << 24;
    this.#v3 ^= last;
    this.#rounds(2);
    this.#v0 ^= last;
    this.#v2 ^= 0xee;
    this.#rounds(4);
    this.high = (this.#v1 ^ this.#v3) >>> 0;
    this.#v1 ^= 0xdd;
    this.#rounds(4);
    this.low = (this.#v1 ^ this.#v3) >>> 0;
  }

  #rounds(count: number): void {
    let v0 = this.#v0;
    let v1 = this.#v1;
    let v2 = this.#v2;
    let v3 = this.#v3;
    for (let i = 0; i < count; i++) {
      v0 = (v0 + v1) | 0;
      v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0;
      v0 = (v0 << 16) | (v0 >>> 16);
      v2 = (v2 + v3) | 0;
      v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2;
      v0 = (v0 + v3) | 0;
      v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0;
      v2 = (v2 + v1) | 0;
      v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2;
      v2 = (v2 << 16) | (v2 >>> 16);
    }
    this.#v0 = v0;
    this.#v1 = v1;
    this.#v2 = v2;
    this.#v3 = v3;
  }
}
