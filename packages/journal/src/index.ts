export { journalErrorCodes, JournalError } from "./errors.js";
export type { JournalErrorCode } from "./errors.js";
export type { DirectoryEntry, File, FileStat, FileSystem, OpenPurpose } from "./files.js";
export { isOrphaned, openJournal } from "./journal.js";
export type { Cursor, Journal, JournalRecord, JournalStatus, ReadBounds, ReadResult } from "./journal.js";
export { journalDefaults } from "./options.js";
export type { JournalOptions, RetainOptions } from "./options.js";
export type { Owner, Processes } from "./processes.js";
export type { JournalRuntime } from "./runtime.js";
