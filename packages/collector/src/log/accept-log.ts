/**
 * The accept log: every request as it was received, before anything is answered. It is the truth that the store, the
 * sinks and the live page are made from.
 *
 * A record is: u32 little-endian length of the head, the head as JSON, the body's bytes as received (still compressed if
 * they came so). The head carries what decoding needs and no credentials: `authorization` is not kept.
 */
import { JournalError, openJournal } from "@oncewire/journal";
import type { Cursor, Journal, JournalStatus, ReadResult } from "@oncewire/journal";
import { headersWithout } from "@oncewire/protocol";
import type { Arrival, ProtocolName, RequestHead } from "@oncewire/protocol";
import { packRead } from "./packed-read.js";
import type { PackedRead } from "./packed-read.js";

/** A request that was accepted: who it is for, its head, and its body as received. */
export interface AcceptedRequest {
  readonly protocol: ProtocolName;
  readonly arrival: Arrival;
  readonly head: RequestHead;
  readonly body: Uint8Array;
}

export interface LoggedRequest extends AcceptedRequest {
  readonly position: number;
}

export interface AcceptLogOptions {
  readonly directory: string;
  readonly sync: "group" | "none";
  readonly retentionMs: number;
  readonly retentionBytes: number;
}

export interface AcceptLog {
  /**
   * Keeps a request, given as `encodeRecord` makes it; resolves with its position once it is durable, rejects with a
   * `JournalError` if it is not. From then on the bytes are the caller's, who may give their memory back.
   */
  append(record: readonly Uint8Array[]): Promise<number>;
  /** Durable requests from `position` on; a record that is not a request of ours counts as damaged. */
  read(position: number): Promise<LogRead>;
  /** The same for a reader in another thread, who makes requests of them: `decodeRecords(unpackRead(read))`. */
  readPacked(position: number): Promise<PackedRead>;
  /** Where a reader is; records below every reader may be deleted. */
  cursor(reader: string): Promise<Cursor>;
  /** Everybody who has a place in the log, also those nobody has asked for in this process. */
  readers(): readonly string[];
  /** Gives up a reader's place. */
  forget(reader: string): Promise<void>;
  /** The position after the last durable record. */
  readonly durable: number;
  readonly first: number;
  status(): JournalStatus;
  close(): Promise<void>;
}

/** What one read of the log gave. */
export interface LogRead {
  readonly requests: readonly LoggedRequest[];
  readonly next: number;
  readonly lost: ReadResult["lost"];
}

/** Header names that are secrets, or that only the connection cares about. */
const unkept: ReadonlySet<string> = new Set([
  "authorization",
  "proxy-authorization",
  "connection",
  "keep-alive",
  "host",
  "content-length",
]);
/** Up to this size a copy costs less than a part of its own does where parts are written and summed. */
const smallBodyBytes = 2 * 1024;
const readBounds = { maxRecords: 512, maxBytes: 4 * 1024 * 1024 };
/** For a thread, which holds up nobody while it takes them apart: the fewer its questions, the better. */
const packedBounds = { ...readBounds, maxRecords: 4_096 };
const decoder = new TextDecoder();

export async function openAcceptLog(options: AcceptLogOptions): Promise<AcceptLog> {
  const journal = await openJournal({
    directory: options.directory,
    sync: options.sync,
    retain: { maxAgeMs: options.retentionMs, maxBytes: options.retentionBytes },
  });
  return acceptLogOver(journal);
}

function acceptLogOver(journal: Journal): AcceptLog {
  return {
    async append(record) {
      const position = journal.append(record);
      await journal.committed(position);
      return position;
    },
    read: async (position) => decodeRecords(await journal.read(position, readBounds)),
    readPacked: async (position) => packRead(await journal.read(position, packedBounds)),
    cursor: (reader) => journal.cursor(reader),
    readers: () => journal.cursors(),
    forget: (reader) => journal.removeCursor(reader),
    get durable() {
      return journal.durable;
    },
    get first() {
      return journal.first;
    },
    status: () => journal.status(),
    close: () => journal.close(),
  };
}

/** Whether an append failed because of the log itself, so that the sender should come back later. */
export function isLogFailure(error: unknown): boolean {
  return error instanceof JournalError;
}

/** A request as the parts of a record, to be written one after the other; its body as the pieces that it is in. */
export function encodeRecord(
  { protocol, arrival, head }: Omit<AcceptedRequest, "body">,
  body: readonly Uint8Array[],
): readonly Uint8Array[] {
  const { method, path, query, headers } = head;
  const kept = { method, path, query, headers: headersWithout(headers, unkept) };
  const json = JSON.stringify({ v: 1, protocol, arrival, head: kept });
  const length = Buffer.byteLength(json);
  const [first] = body;
  const small = first !== undefined && body.length === 1 && first.byteLength <= smallBodyBytes ? first : null;
  const bytes = Buffer.allocUnsafe(4 + length + (small?.byteLength ?? 0));
  bytes.writeUInt32LE(length, 0);
  bytes.write(json, 4);
  if (small === null) return [bytes, ...body];
  bytes.set(small, 4 + length);
  return [bytes];
}

/** The requests in what was read; a record that is not a request of ours counts as damaged. */
export function decodeRecords({ records, next, lost }: ReadResult): LogRead {
  const requests: LoggedRequest[] = [];
  const unreadable: ReadResult["lost"][number][] = [];
  for (const record of records) {
    const { position } = record;
    const request = decodeRecord(record.bytes);
    if (request === null) {
      unreadable.push({ from: position, to: position + 1, reason: "damaged" });
    } else {
      const { protocol, arrival, head, body } = request;
      requests.push({ protocol, arrival, head, body, position });
    }
  }
  return { requests, next, lost: [...lost, ...unreadable] };
}

/** Null when the bytes are not a record of this log: a foreign journal in the folder, or a newer version's. */
export function decodeRecord(bytes: Uint8Array): AcceptedRequest | null {
  if (bytes.byteLength < 4) return null;
  const length = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(0, true);
  if (4 + length > bytes.byteLength) return null;
  try {
    const json: unknown = JSON.parse(decoder.decode(bytes.subarray(4, 4 + length)));
    if (!isRecordHead(json)) return null;
    return { protocol: json.protocol, arrival: json.arrival, head: json.head, body: bytes.subarray(4 + length) };
  } catch {
    return null;
  }
}

function isRecordHead(value: unknown): value is { v: 1 } & Omit<AcceptedRequest, "body"> {
  return typeof value === "object" && value !== null && "v" in value && value.v === 1;
}
