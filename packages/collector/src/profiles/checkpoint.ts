/** Which file of documents counts, how much of it, and what position of the log that stands for. */
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from "node:fs";
import { join } from "node:path";

export interface Checkpoint {
  readonly position: number;
  readonly file: string;
  readonly bytes: number;
  /** CRC-32 of the heads of the records in these bytes. */
  readonly headsCrc: number;
}

export const checkpointName = "checkpoint.json";

export type CheckpointReading =
  | { readonly kind: "read"; readonly checkpoint: Checkpoint }
  | { readonly kind: "missing" }
  | { readonly kind: "damaged"; readonly message: string };

export function readCheckpoint(folder: string): CheckpointReading {
  try {
    const value: unknown = JSON.parse(readFileSync(join(folder, checkpointName), "utf8"));
    if (isCheckpoint(value)) return { kind: "read", checkpoint: value };
    return { kind: "damaged", message: `${checkpointName} is not a checkpoint of this version` };
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return { kind: "missing" };
    return { kind: "damaged", message: `${checkpointName} cannot be read: ${String(error)}` };
  }
}

/** Written aside, synced, renamed: there is one checkpoint at every moment, the old one or the new one. */
export function writeCheckpoint(folder: string, checkpoint: Checkpoint): void {
  const aside = join(folder, `${checkpointName}.next`);
  const fd = openSync(aside, "w", 0o600);
  try {
    writeSync(fd, JSON.stringify({ v: 2, ...checkpoint }));
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  renameSync(aside, join(folder, checkpointName));
  syncFolder(folder);
}

function syncFolder(folder: string): void {
  const fd = openSync(folder, "r");
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

export function documentsName(generation: number): string {
  return `documents-${generation}.log`;
}

export function generationOf(file: string): number {
  return Number(documentsPattern.exec(file)?.[1]);
}

/** Where the documents are in that file, beside it. */
export function indexName(file: string): string {
  return file.replace(/log$/, "index");
}

export function isOurs(name: string): boolean {
  return name.startsWith(checkpointName) || documentsPattern.test(name) || indexPattern.test(name);
}

const documentsPattern = /^documents-(\d{1,15})\.log$/;
const indexPattern = /^documents-(\d{1,15})\.index(\.next)?$/;

function isCheckpoint(value: unknown): value is Checkpoint {
  if (typeof value !== "object" || value === null || !("v" in value) || value.v !== 2) return false;
  const { position, file, bytes, headsCrc } = value as Partial<Checkpoint>;
  return (
    isCount(position) && isCount(bytes) && isCount(headsCrc) && typeof file === "string" && documentsPattern.test(file)
  );
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}
