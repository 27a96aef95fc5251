/** Turns a response's body into another while it streams; compression is one. */
export interface BodyEncoder {
  /** Begins; `output` takes bytes (false: hold back until `drain`), `end` says that all is out, `failed` that it broke. */
  start(output: EncoderOutput): void;
  /** Bytes are only valid during the call. False: wait for `EncoderOutput.ready`. */
  write(bytes: Uint8Array, start: number, end: number): boolean;
  end(): void;
  /** The client can take more. */
  drain(): void;
  /** Stop and free what is held. */
  destroy(): void;
}

export interface EncoderOutput {
  bytes(bytes: Uint8Array): boolean;
  end(): void;
  failed(error: Error): void;
  /** The encoder can take more. */
  ready(): void;
}
