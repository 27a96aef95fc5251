/** Something that must always hold does not. */
export class Fault extends Error {
  constructor(message: string) {
    super(message);
    this.name = "Fault";
  }
}

export function must(holds: boolean, message: string): void {
  if (!holds) throw new Fault(message);
}
