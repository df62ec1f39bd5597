import { decodeRecords } from "../log/accept-log.js";
import type { LogRead } from "../log/accept-log.js";
import { unpackRead } from "../log/packed-read.js";
import type { PackedRead } from "../log/packed-read.js";

/** A thread's way to the log, which belongs to the collector's own thread: a bounded piece at a time. */
export interface LogClient {
  read(from: number): Promise<LogRead>;
  /** The answer to `ask`; null when the log could not be read. */
  answered(read: PackedRead | null): void;
}

export function createLogClient(ask: (from: number) => void): LogClient {
  let pending: { resolve: (read: LogRead) => void; reject: (error: Error) => void } | null = null;
  return {
    read: (from) =>
      new Promise((resolve, reject) => {
        pending = { resolve, reject };
        ask(from);
      }),
    answered(read) {
      if (read === null) pending?.reject(new Error("the accept log could not be read; it is tried again"));
      else pending?.resolve(decodeRecords(unpackRead(read)));
      pending = null;
    },
  };
}
