/**
 * Media types that compress well. Images, audio, video, archives and fonts in woff form are compressed already; gRPC has
 * a compression of its own.
 */
const compressible = new RegExp(
  "^(?:" +
    [
      "text/.+",
      ".+\\+(?:json|xml|yaml|text)",
      "application/(?:json|json5|jsonl|x-ndjson|ndjson|json-seq|xml|xml-dtd|yaml|x-yaml|toml)",
      "application/(?:javascript|x-javascript|ecmascript|wasm|graphql|sql|rtf|x-sh)",
      "application/(?:vnd\\.ms-fontobject|x-font-ttf|x-font-otf|x-www-form-urlencoded)",
      "font/(?:ttf|otf|collection)",
      "image/(?:bmp|vnd\\.microsoft\\.icon|x-icon|vnd\\.adobe\\.photoshop)",
    ].join("|") +
    ")$",
);

/** The media type of a Content-Type field, without its parameters, lower case. */
export function mediaType(contentType: string): string {
  const semicolon = contentType.indexOf(";");
  return (semicolon === -1 ? contentType : contentType.slice(0, semicolon)).trim().toLowerCase();
}

/** Whether bodies of that media type get notably shorter. */
export function isCompressible(type: string): boolean {
  return compressible.test(type);
}
