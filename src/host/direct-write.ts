import type net from "node:net";

/**
 * The handle of a socket, to be written to past Node's stream machinery, as `net.Socket` itself does at the end of it. Measured
 * on plain proxying: 3 % less CPU per request than `socket.write`.
 *
 * The handle is an internal of Node, and the way in which it is called has changed before. So it is not called until a
 * socket has been seen to call it in the way that is known here; until then, and where that is never seen, there is none.
 */
export interface DirectHandle {
  /** 0: the kernel took everything. Below 0: the system's error. Else a write that is completed later. */
  writeLatin1String(request: null, text: string): number | PendingWrite;
  writeBuffer(request: null, bytes: Uint8Array): number | PendingWrite;
  /** Bytes that the kernel has not taken. */
  readonly writeQueueSize: number;
}

export interface PendingWrite {
  handle?: DirectHandle;
  oncomplete?: (status: number) => void;
  /** Set when it was completed before it had an `oncomplete`. */
  writeStatus?: number | null;
  /** Keeps the memory that is written. */
  buffer?: Uint8Array | undefined;
}

let wayOfCalling: "unknown" | "known" | "other" = "unknown";

/** The handle of a connected socket, if it may be written to. */
export function directHandle(socket: net.Socket): DirectHandle | undefined {
  if (wayOfCalling === "other" || socket.connecting || socket.destroyed) return undefined;
  const handle = (socket as unknown as { _handle: DirectHandle | null })._handle;
  if (handle === null) return undefined;
  if (wayOfCalling === "known") return handle;
  observe(handle);
  return undefined;
}

/** Calls `completed` with 0, or the system's error, once `write` is done; `bytes` are kept until then. */
export function onCompleted(
  write: PendingWrite,
  handle: DirectHandle,
  bytes: Uint8Array | undefined,
  completed: (status: number) => void,
): void {
  write.handle = handle;
  write.buffer = bytes;
  write.oncomplete = completed;
  const status = write.writeStatus;
  if (typeof status !== "number") return;
  write.writeStatus = null;
  completed(status);
}

/** Looks at how the next write of this handle is called, once, without changing it. */
function observe(handle: DirectHandle): void {
  const writeLatin1String: unknown = Reflect.get(handle, "writeLatin1String");
  if (typeof writeLatin1String !== "function" || Object.hasOwn(handle, "writeLatin1String")) return;
  handle.writeLatin1String = function (this: DirectHandle, request, text) {
    Reflect.deleteProperty(handle, "writeLatin1String");
    wayOfCalling = request === null ? "known" : "other";
    return Reflect.apply(writeLatin1String, this, [request, text]) as number | PendingWrite;
  };
}
