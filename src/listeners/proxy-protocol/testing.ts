/** Headers of the PROXY protocol, version 2, as proxies write them. */

const SIGNATURE = "0d0a0d0a000d0a515549540a";

export interface Version2 {
  /** Version and command; 0x21 (PROXY) unless told. */
  readonly command?: number;
  /** Family and protocol. */
  readonly family: number;
  /** What follows, in hexadecimal digits. */
  readonly following?: string;
  /** What the header says of its length, where that is not how much follows. */
  readonly length?: number;
}

export function version2({ command = 0x21, family, following = "", length }: Version2): Buffer {
  const block = Buffer.from(following, "hex");
  const fixed = Buffer.from(`${SIGNATURE}00000000`, "hex");
  fixed[12] = command;
  fixed[13] = family;
  fixed.writeUInt16BE(length ?? block.length, 14);
  return Buffer.concat([fixed, block]);
}

/** 203.0.113.9:56324 to 192.0.2.1:443. */
export const TCP4_BLOCK = "cb007109c0000201dc0401bb";
/** [2001:db8::9]:56324 to [2001:db8::1]:443. */
export const TCP6_BLOCK = "20010db800000000000000000000000920010db8000000000000000000000001dc0401bb";
