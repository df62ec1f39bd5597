import { accessSync, constants, existsSync, mkdirSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { CollectorError, isCollectorError } from "../errors.js";
import type { ResolvedOptions } from "../options.js";
import { openAcceptLog } from "./accept-log.js";
import type { AcceptLog } from "./accept-log.js";

const lookAgainMs = 25;

/**
 * Makes the folder where it is missing and opens the accept log in it.
 *
 * @throws CollectorError `data-not-writable`, or `data-in-use` when another process has it.
 */
export async function openDataDirectory(options: ResolvedOptions): Promise<AcceptLog> {
  const { dataDirectory } = options;
  try {
    makeFolder(resolve(dataDirectory));
    accessSync(dataDirectory, constants.W_OK | constants.X_OK);
  } catch (error) {
    throw unusable(dataDirectory, error);
  }
  const { runtime, takeOverTimeoutMs } = options;
  const untilMs = runtime.monotonicMs() + takeOverTimeoutMs;
  for (;;) {
    try {
      return await openLog(options);
    } catch (error) {
      if (!isInUse(error) || runtime.monotonicMs() >= untilMs) throw error;
    }
    await new Promise<void>((done) => void runtime.after(lookAgainMs, done));
  }
}

/** Parents first. Node's own recursion does not come back where a file system takes no folders, such as /proc. */
function makeFolder(path: string): void {
  if (existsSync(path)) return;
  makeFolder(dirname(path));
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    // Another process that starts at the same moment may have made it.
    if (!existsSync(path)) throw error;
  }
}

async function openLog(options: ResolvedOptions): Promise<AcceptLog> {
  const { dataDirectory } = options;
  try {
    return await openAcceptLog({
      directory: join(dataDirectory, "log"),
      sync: options.sync,
      retentionMs: options.logRetentionMs,
      retentionBytes: options.logRetentionBytes,
    });
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "locked") {
      throw new CollectorError(
        "data-in-use",
        `\`dataDirectory\` ${JSON.stringify(dataDirectory)} is in use by another collector: expected one process per folder; stop the other one or choose another folder. (${error.message})`,
        error,
      );
    }
    throw unusable(dataDirectory, error);
  }
}

function isInUse(error: unknown): boolean {
  return isCollectorError(error) && error.code === "data-in-use";
}

/** A folder that cannot be used, for the log or for what is made from it. */
export function unusable(directory: string, error: unknown): CollectorError {
  const why = error instanceof Error ? error.message : String(error);
  return new CollectorError(
    "data-not-writable",
    `\`dataDirectory\` ${JSON.stringify(directory)} cannot be used: expected a folder this user can make and write to, got: ${why}.`,
    error,
  );
}
