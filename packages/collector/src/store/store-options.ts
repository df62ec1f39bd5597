import { systemRuntime, type Runtime } from "../runtime.js";
import { StoreError } from "./store-error.js";
import { openStoreFiles, type StoreFiles } from "./store-files.js";

export interface ParquetStoreOptions {
  /** Where the store keeps its files; made where it is missing. It holds nothing else. */
  readonly directory: string;
  /**
   * Rows that are sealed together; also the most that a merged file holds. At least 1.
   * @default 100_000
   */
  readonly sealRows?: number;
  /**
   * Bytes of staged lines that are sealed together, if they come to this before `sealRows`. At least 1.
   * @default 134_217_728
   */
  readonly sealBytes?: number;
  /**
   * The longest that something waits to be sealed. At least 1.
   * @default 60_000
   */
  readonly sealIntervalMs?: number;
  /**
   * Newest events that are also kept in memory, so that asking for them is immediate; 0 keeps none.
   * @default 1_000
   */
  readonly recentEvents?: number;
  /**
   * Of those, the most bytes.
   * @default 16_777_216
   */
  readonly recentBytes?: number;
  /**
   * About so many small files that lie side by side are made into one, in the background. At least 2.
   * @default 8
   */
  readonly mergeFactor?: number;
  /**
   * Sealed files older than this are removed, looked at after each sealing. The default keeps them for ever. At least 1.
   * @default 9_007_199_254_740_991
   */
  readonly retainMs?: number;
  /**
   * The oldest sealed files are removed when all together take more than this. The default is no limit. At least 1.
   * @default 9_007_199_254_740_991
   */
  readonly retainBytes?: number;
  /**
   * The most memory that the engine's process uses for data: half for questions, half for work on files. At least 64 MiB.
   * @default 402_653_184
   */
  readonly engineMemoryBytes?: number;
  /**
   * Threads that answer questions; one more works on files. At least 1.
   * @default 2
   */
  readonly engineThreads?: number;
  /**
   * The engine's process ends when it has had nothing to do for so long, and starts again when it has. At least 1.
   * @default 30_000
   */
  readonly engineIdleMs?: number;
  /** Clock and timers. */
  readonly runtime?: Pick<Runtime, "after" | "nowMs">;
  /** The file system, for tests that make it fail. */
  readonly files?: StoreFiles;
  /** Told when sealing in the background fails. Nothing is lost by it: it is tried again, and the log has everything. */
  readonly onFailure?: (error: unknown) => void;
  /** Told when everything was done in the background that there was to do, whether it had failed before or not. */
  readonly onSuccess?: () => void;
  /**
   * Told when a question met damaged files, which are put aside now: the store answers nothing more until it is closed
   * and opened again, and then wants to read from the log what they held.
   */
  readonly onDamaged?: (error: StoreError, names: readonly string[]) => void;
}

export interface ResolvedStoreOptions extends Required<ParquetStoreOptions> {}

const mebibyte = 1024 * 1024;

interface Bound {
  readonly default: number;
  readonly min: number;
}

const numbers = {
  sealRows: { default: 100_000, min: 1 },
  sealBytes: { default: 128 * mebibyte, min: 1 },
  sealIntervalMs: { default: 60_000, min: 1 },
  recentEvents: { default: 1_000, min: 0 },
  recentBytes: { default: 16 * mebibyte, min: 0 },
  mergeFactor: { default: 8, min: 2 },
  retainMs: { default: Number.MAX_SAFE_INTEGER, min: 1 },
  retainBytes: { default: Number.MAX_SAFE_INTEGER, min: 1 },
  engineMemoryBytes: { default: 384 * mebibyte, min: 64 * mebibyte },
  engineThreads: { default: 2, min: 1 },
  engineIdleMs: { default: 30_000, min: 1 },
} as const satisfies Readonly<Record<string, Bound>>;
type NumberOption = keyof typeof numbers;
const numberOptions = Object.keys(numbers) as readonly NumberOption[];
const otherOptions: readonly string[] = ["directory", "runtime", "files", "onFailure", "onSuccess", "onDamaged"];

/** Throws `invalid-option` for an unknown option or a value outside its bounds. */
export function resolveStoreOptions(options: ParquetStoreOptions): ResolvedStoreOptions {
  const unknown = Object.keys(options).find((name) => !(name in numbers) && !otherOptions.includes(name));
  if (unknown !== undefined) throw invalid(`\`${unknown}\` is not an option of the store`);
  if (typeof options.directory !== "string" || options.directory === "") {
    throw invalid("`directory` must be the path of a folder");
  }
  const resolved = Object.fromEntries(numberOptions.map((name) => [name, resolveNumber(name, options[name])]));
  return Object.freeze({
    directory: options.directory,
    runtime: options.runtime ?? systemRuntime,
    files: options.files ?? openStoreFiles(options.directory),
    onFailure: options.onFailure ?? (() => {}),
    onSuccess: options.onSuccess ?? (() => {}),
    onDamaged: options.onDamaged ?? (() => {}),
    ...(resolved as Record<NumberOption, number>),
  });
}

function resolveNumber(name: NumberOption, value: number | undefined): number {
  const bound = numbers[name];
  if (value === undefined) return bound.default;
  if (Number.isSafeInteger(value) && value >= bound.min) return value;
  throw invalid(`\`${name}\` must be a whole number of at least ${bound.min}, got ${JSON.stringify(value)}`);
}

function invalid(message: string): StoreError {
  return new StoreError("invalid-option", message);
}
