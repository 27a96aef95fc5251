import type { Clock } from "../host/host.ts";

/** The Date field as one line, made anew each second (RFC 9110, 6.6.1). */
export class DateLine {
  readonly #clock: Clock;
  #second = -1;
  #line = "";

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  text(): string {
    const wallMs = this.#clock.wall();
    const second = Math.floor(wallMs / 1000);
    if (second !== this.#second) {
      this.#second = second;
      this.#line = `date: ${new Date(wallMs).toUTCString()}\r\n`;
    }
    return this.#line;
  }
}
