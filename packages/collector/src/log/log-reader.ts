import { openJournalReader } from "@oncewire/journal";
import type { LogRead } from "./accept-log.js";
import { decodeRecords } from "./accept-log.js";

/** The accept log for a reader beside its writer: another thread or process, which says how far it is durable. */
export interface LogReader {
  /** The oldest position that is still there. */
  first(): Promise<number>;
  /** Records from `from` on and below `before`, which the writer has said to be durable. */
  read(from: number, before: number): Promise<LogRead>;
  close(): Promise<void>;
}

const bounds = { maxRecords: 512, maxBytes: 8 * 1024 * 1024 };

export function openLogReader(directory: string): LogReader {
  const journal = openJournalReader({ directory });
  return {
    first: () => journal.first(),
    read: async (from, before) => decodeRecords(await journal.read(from, { ...bounds, before })),
    close: () => journal.close(),
  };
}
