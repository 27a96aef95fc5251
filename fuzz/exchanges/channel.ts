/** One direction of a connection: bytes, as latin1 text, on their way from a writer to a reader. */
export class Channel {
  /** Written, and not taken by the writer's kernel. */
  queued = "";
  /** The writer will write nothing more. */
  finished = false;
  /** The reader was told of the end. */
  endRead = false;
  /** The reader sees an error instead of an end. */
  broken = false;
  arrived = "";
  /** How many bytes have been written, and how many read. */
  written = 0;
  readBytes = 0;
  readonly #capacity: number;
  #flight = "";
  /** Of the whole stream, how much has been taken by the kernel, and how much has come. */
  #taken = 0;
  #carried = 0;
  /** Places where the stream does not come apart: what is before them and behind them comes together. */
  readonly #glued = new Set<number>();

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  write(text: string): void {
    this.queued += text;
    this.written += text.length;
    this.take();
  }

  /** What is written next comes together with what was written last. */
  glue(): void {
    this.#glued.add(this.#taken + this.queued.length);
  }

  /** The kernel takes what it has room for. */
  take(): void {
    const room = Math.max(0, this.#capacity - this.#flight.length - this.arrived.length);
    const length = this.#whole(this.#taken, Math.min(room, this.queued.length));
    this.#flight += this.queued.slice(0, length);
    this.queued = this.queued.slice(length);
    this.#taken += length;
  }

  get mayCarry(): boolean {
    return this.#flight !== "";
  }

  carry(most: number): void {
    const length = this.#whole(this.#carried, Math.min(most, this.#flight.length));
    this.arrived += this.#flight.slice(0, length);
    this.#flight = this.#flight.slice(length);
    this.#carried += length;
  }

  #whole(from: number, length: number): number {
    return length > 0 && this.#glued.has(from + length) ? length + 1 : length;
  }

  read(most: number): string {
    const text = this.arrived.slice(0, most);
    this.arrived = this.arrived.slice(text.length);
    this.readBytes += text.length;
    this.take();
    return text;
  }

  get mayEnd(): boolean {
    return this.finished && !this.endRead && this.queued === "" && this.#flight === "" && this.arrived === "";
  }

  /** Nothing that has not come will come. */
  drop(): void {
    this.queued = "";
    this.#flight = "";
  }

  /** The reader will read nothing more, so that nobody waits for room. */
  flow(): void {
    this.#flight = "";
    this.arrived = "";
    this.queued = "";
  }
}
