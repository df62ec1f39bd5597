/** Why `append` takes nothing, said so that whoever runs the process can mend it. */
import { JournalError } from "./errors.js";

export type WriterState =
  | { readonly kind: "accepting" }
  | { readonly kind: "suspended"; readonly fault: string }
  | { readonly kind: "closed" };

export function refusalFor(state: Exclude<WriterState, { readonly kind: "accepting" }>): JournalError {
  if (state.kind === "suspended") return suspended(state.fault);
  return new JournalError("closed", "The journal is closed and takes no more records: open it again");
}

export function suspended(fault: string, cause?: unknown): JournalError {
  const message = `The journal's disk could not be written (${fault}); the record was not taken, and writing is tried again by itself`;
  return new JournalError("suspended", message, { cause, fields: { fault } });
}

export function tooLarge(bytes: number, maxRecordBytes: number): JournalError {
  const message = `A record may have ${maxRecordBytes} bytes, this one has ${bytes}: split it or raise \`maxRecordBytes\``;
  return new JournalError("too-large", message, { fields: { bytes, maxRecordBytes } });
}

export function full(bytes: number, maxBytes: number): JournalError {
  const message = `The journal may hold ${maxBytes} bytes and would have ${bytes}: acknowledge what was read, or raise \`maxBytes\``;
  return new JournalError("full", message, { fields: { bytes, maxBytes } });
}
