import type { FileSystem } from "./files.js";
import { systemFiles } from "./files.js";
import { recordHeadBytes } from "./record.js";
import { systemRuntime, type JournalRuntime } from "./runtime.js";

export interface JournalOptions {
  /** The folder of this journal alone, made if it is missing. */
  readonly directory: string;
  /**
   * When `committed` resolves: `group` after an `fdatasync` shared by all records of a group; `none` when the operating
   * system has them, which survives the end of the process but not a power cut.
   * @default "group"
   */
  readonly sync?: "group" | "none";
  /**
   * How long a group waits for more records before it is written; 0 to 60,000. At 0 a group is what came during the
   * last write.
   * @default 0
   */
  readonly groupDelayMs?: number;
  /**
   * Size at which a new file is begun: the unit in which read and acknowledged records are deleted. 4 KiB to 1 GiB, and
   * never more than an eighth of `maxBytes`.
   * @default 67108864
   */
  readonly segmentBytes?: number;
  /**
   * Largest record; 1 byte to 1 GiB, and never so large that `maxBytes` could not hold it beside a segment.
   * @default 16777216
   */
  readonly maxRecordBytes?: number;
  /**
   * Largest size of all segments together, at least 16 KiB; `append` throws `full` beyond it.
   * @default Infinity
   */
  readonly maxBytes?: number;
  /**
   * Keeps acknowledged records for whoever comes later. Without it a segment goes as soon as every cursor is past it.
   * Without any cursor nothing is ever deleted, unless by `force`.
   * @default null
   */
  readonly retain?: RetainOptions | null;
  /** The file system; tests pass one that fails. */
  readonly files?: FileSystem;
  /** Clock, timers, chance, processes; what is not given is the machine's. */
  readonly runtime?: Partial<JournalRuntime>;
}

/** Segments go, oldest first, while one of the bounds is exceeded. Without a bound they are kept for ever. */
export interface RetainOptions {
  /** Size of all segments together. */
  readonly maxBytes?: number;
  /** Age of a segment's newest record, by the wall clock. */
  readonly maxAgeMs?: number;
  /** Also deletes what a cursor has not passed yet; its reader is told by `lost` with reason `expired`. */
  readonly force?: boolean;
}

export interface ResolvedRetain {
  readonly maxBytes: number;
  readonly maxAgeMs: number;
  readonly force: boolean;
}

export interface ResolvedJournalOptions extends Required<Omit<JournalOptions, "retain" | "runtime">> {
  readonly retain: ResolvedRetain | null;
  readonly runtime: JournalRuntime;
}

export interface JournalDefaults {
  readonly sync: "group";
  readonly groupDelayMs: number;
  readonly segmentBytes: number;
  readonly maxRecordBytes: number;
  readonly maxBytes: number;
  readonly retain: null;
}

export const journalDefaults: JournalDefaults = Object.freeze({
  sync: "group",
  groupDelayMs: 0,
  segmentBytes: 64 * 1024 * 1024,
  maxRecordBytes: 16 * 1024 * 1024,
  maxBytes: Infinity,
  retain: null,
});

const kibibyte = 1024;
const gibibyte = 1024 ** 3;
const knownOptions = ["directory", ...Object.keys(journalDefaults), "files", "runtime"];
const knownRetain = ["maxBytes", "maxAgeMs", "force"];

export function resolveJournalOptions(options: JournalOptions): ResolvedJournalOptions {
  refuseUnknown("", options, knownOptions);
  const maxBytes = number("maxBytes", options.maxBytes ?? journalDefaults.maxBytes, [16 * kibibyte, Infinity]);
  const segmentBytes = number("segmentBytes", options.segmentBytes ?? journalDefaults.segmentBytes, [
    4 * kibibyte,
    gibibyte,
  ]);
  const recordBytes = number("maxRecordBytes", options.maxRecordBytes ?? journalDefaults.maxRecordBytes, [1, gibibyte]);
  const fittingSegmentBytes = Math.max(kibibyte, Math.min(segmentBytes, Math.floor(maxBytes / 8)));
  return Object.freeze({
    directory: directory(options.directory),
    sync: oneOf("sync", options.sync ?? journalDefaults.sync, ["group", "none"] as const),
    groupDelayMs: number("groupDelayMs", options.groupDelayMs ?? journalDefaults.groupDelayMs, [0, 60_000]),
    segmentBytes: fittingSegmentBytes,
    // A full segment that is acknowledged can be deleted; the one being written cannot. Beside it there must be room.
    maxRecordBytes: Math.min(recordBytes, maxBytes - 2 * fittingSegmentBytes - recordHeadBytes),
    maxBytes,
    retain: resolveRetain(options.retain ?? null, maxBytes - 3 * fittingSegmentBytes),
    files: options.files ?? systemFiles,
    runtime: Object.freeze({ ...systemRuntime, ...options.runtime }),
  });
}

function resolveRetain(retain: RetainOptions | null, maxBytes: number): ResolvedRetain | null {
  if (retain === null) return null;
  refuseUnknown("retain.", retain, knownRetain);
  const bytes = number("retain.maxBytes", retain.maxBytes ?? Infinity, [0, Infinity]);
  return Object.freeze({
    // What is only kept for later makes room before `append` has to refuse.
    maxBytes: Math.min(bytes, maxBytes),
    maxAgeMs: number("retain.maxAgeMs", retain.maxAgeMs ?? Infinity, [0, Infinity]),
    force: retain.force ?? false,
  });
}

function directory(value: unknown): string {
  if (typeof value === "string" && value !== "") return value;
  throw new TypeError(`\`directory\` must be the path of a folder for this journal alone, got ${shown(value)}`);
}

function number(name: string, value: unknown, [least, most]: readonly [number, number]): number {
  if (typeof value === "number" && value >= least && value <= most) return value;
  const bound = most === Infinity ? `≥ ${least}` : `from ${least} to ${most}`;
  throw new TypeError(`\`${name}\` must be a number ${bound}, got ${shown(value)}`);
}

function oneOf<Choice extends string>(name: string, value: unknown, choices: readonly Choice[]): Choice {
  const found = choices.find((choice) => choice === value);
  if (found !== undefined) return found;
  throw new TypeError(`\`${name}\` must be one of ${choices.map(shown).join(", ")}, got ${shown(value)}`);
}

function refuseUnknown(prefix: string, given: unknown, known: readonly string[]): void {
  if (typeof given !== "object" || given === null) {
    throw new TypeError(
      `\`${prefix === "" ? "options" : prefix.slice(0, -1)}\` must be an object, got ${shown(given)}`,
    );
  }
  const unknown = Object.keys(given).find((key) => !known.includes(key));
  if (unknown === undefined) return;
  throw new TypeError(`\`${prefix}${unknown}\` is no option; the options are ${known.join(", ")}`);
}

function shown(value: unknown): string {
  return typeof value === "string" ? JSON.stringify(value) : String(value);
}
