/**
 * A list of header fields in their order on the wire, kept flat (name, value, name, value, ...) because a request has
 * about ten of them and a scan of one small array is cheaper than any map. Names are lower case, as HTTP/2 demands
 * and HTTP/1.1 allows; a name may occur several times.
 */
export class HeaderList {
  readonly fields: string[];

  constructor(fields: string[] = []) {
    this.fields = fields;
  }

  /** The first value of `name` (lower case), or undefined. */
  get(name: string): string | undefined {
    const fields = this.fields;
    for (let i = 0; i < fields.length; i += 2) if (fields[i] === name) return fields[i + 1];
    return undefined;
  }

  /** All values of `name`, in order. */
  getAll(name: string): string[] {
    const values: string[] = [];
    for (let i = 0; i < this.fields.length; i += 2) {
      if (this.fields[i] === name) values.push(this.fields[i + 1]!);
    }
    return values;
  }

  /** All values of `name` as one list, joined with commas (RFC 9110, 5.3), or undefined when there is none. */
  joined(name: string): string | undefined {
    const fields = this.fields;
    let all: string | undefined;
    for (let i = 0; i < fields.length; i += 2) {
      if (fields[i] === name) all = all === undefined ? fields[i + 1] : all + ", " + fields[i + 1];
    }
    return all;
  }

  has(name: string): boolean {
    return this.get(name) !== undefined;
  }

  append(name: string, value: string): void {
    this.fields.push(name, value);
  }

  /** Replaces every field of that name by one. */
  set(name: string, value: string): void {
    const fields = this.fields;
    for (let i = 0; i < fields.length; i += 2) {
      if (fields[i] === name) {
        fields[i + 1] = value;
        if (i + 2 < fields.length) this.#deleteFrom(i + 2, name);
        return;
      }
    }
    fields.push(name, value);
  }

  delete(name: string): void {
    this.#deleteFrom(0, name);
  }

  *[Symbol.iterator](): IterableIterator<[string, string]> {
    for (let i = 0; i < this.fields.length; i += 2) yield [this.fields[i]!, this.fields[i + 1]!];
  }

  #deleteFrom(start: number, name: string): void {
    const fields = this.fields;
    let kept = start;
    for (let i = start; i < fields.length; i += 2) {
      if (fields[i] === name) continue;
      if (kept !== i) {
        fields[kept] = fields[i]!;
        fields[kept + 1] = fields[i + 1]!;
      }
      kept += 2;
    }
    if (kept !== fields.length) fields.length = kept;
  }
}
