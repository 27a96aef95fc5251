import { createRequire } from "node:module";

/**
 * Loads a package that few configs need. At start or when a config is read, and never for a request: whoever waits for files
 * then is one who starts a gateway.
 */
export const requirePackage = createRequire(import.meta.url);
