export type { Cursor, Journal, JournalRecord, JournalStatus, ReadBounds, ReadResult } from "./journal.js";
