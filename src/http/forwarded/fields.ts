/** Whether a field (lower case) says where a request comes from: it is for the gateway alone, and never goes on. */
export function isProvenanceField(name: string): boolean {
  return name === "forwarded" || name.startsWith("x-forwarded-");
}
