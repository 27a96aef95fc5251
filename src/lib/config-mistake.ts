/** A config that its schema accepts and that still cannot work, such as a secret too short for its algorithm. */
export class ConfigMistake extends Error {
  /** Where, below the config of what finds it. */
  readonly path: readonly (string | number)[];
  readonly hint: string | undefined;

  constructor(message: string, path: readonly (string | number)[] = [], hint?: string) {
    super(message);
    this.name = "ConfigMistake";
    this.path = path;
    this.hint = hint;
  }
}

/** Calls `create`; the places of what it finds wrong (`ConfigMistake`) are below `path`. */
export function below<T>(path: readonly (string | number)[], create: () => T): T {
  try {
    return create();
  } catch (error) {
    if (!(error instanceof ConfigMistake)) throw error;
    throw new ConfigMistake(error.message, [...path, ...error.path], error.hint);
  }
}
