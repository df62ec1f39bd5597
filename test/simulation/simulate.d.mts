import type { createRudderStackEncoder } from "@oncewire/protocol/rudderstack";
import type { openJournal } from "@oncewire/journal";
import type { createFaultyFiles, createMemoryFiles } from "../../packages/journal/src/testing.js";
import type { createTracker } from "oncewire";
import type { endings } from "../../packages/tracker/src/endings.js";

/** The code under test. */
export interface Subject {
  readonly createTracker: typeof createTracker;
  readonly endings: Pick<typeof endings, "join">;
  readonly openJournal: typeof openJournal;
  readonly createMemoryFiles: typeof createMemoryFiles;
  readonly createFaultyFiles: typeof createFaultyFiles;
  readonly createRudderStackEncoder: typeof createRudderStackEncoder;
}

export type RunKind = "log" | "tracker" | "spool";

export interface RunOptions {
  readonly seed: number;
  /** @default 200 */
  readonly steps?: number;
  /** @default decided by the seed */
  readonly kind?: RunKind;
  /** @default false */
  readonly keepsTrace?: boolean;
}

export interface Run {
  readonly seed: number;
  readonly kind: RunKind;
  /** Over everything that happened: the same for the same seed. */
  readonly hash: string;
  readonly violations: readonly string[];
  readonly trace: readonly string[];
  readonly happenings: number;
}

export function simulate(subject: Subject, options: RunOptions): Promise<Run>;
