/**
 * What is in the folder of a tracker's spool: `<directory>/<destination>/<journal>`. A journal that a living process has
 * is left alone; of the others it is counted what may be waiting.
 */
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { isOrphaned, openJournal } from "@oncewire/journal";
import { CommandError } from "../command-error.js";

export interface SpooledJournal {
  readonly destination: string;
  readonly journal: string;
  readonly bytes: number;
  /** A living process has it and delivers it. */
  readonly isInUse: boolean;
  /** Records not yet behind the reader, at most so many; null while it is in use. */
  readonly waiting: number | null;
  /** When something was last written. */
  readonly changedAt: string | null;
}

/** @throws CommandError `notFound` where there is no such folder. */
export async function inspectSpool(directory: string): Promise<readonly SpooledJournal[]> {
  const found: SpooledJournal[] = [];
  for (const destination of foldersIn(directory, "notFound")) {
    for (const journal of foldersIn(join(directory, destination), "failed")) {
      const path = join(directory, destination, journal);
      found.push({ destination: decodeURIComponent(destination), journal, ...sizeOf(path), ...(await stateOf(path)) });
    }
  }
  return found;
}

function foldersIn(path: string, exit: "notFound" | "failed"): readonly string[] {
  try {
    const entries = readdirSync(path, { withFileTypes: true });
    return entries
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name)
      .toSorted();
  } catch (error) {
    throw new CommandError(exit, `${path} cannot be read: expected the folder of a spool: ${String(error)}`, error);
  }
}

function sizeOf(path: string): Pick<SpooledJournal, "bytes" | "changedAt"> {
  let bytes = 0;
  let changedMs = 0;
  for (const name of readdirSync(path)) {
    if (!name.endsWith(".log")) continue;
    const stat = statSync(join(path, name), { throwIfNoEntry: false });
    bytes += stat?.size ?? 0;
    changedMs = Math.max(changedMs, stat?.mtimeMs ?? 0);
  }
  return { bytes, changedAt: changedMs === 0 ? null : new Date(changedMs).toISOString() };
}

async function stateOf(directory: string): Promise<Pick<SpooledJournal, "isInUse" | "waiting">> {
  const isEmpty = readdirSync(directory).length === 0;
  if (isEmpty) return { isInUse: false, waiting: 0 };
  if (!(await isOrphaned(directory))) return { isInUse: true, waiting: null };
  const journal = await openJournal({ directory });
  try {
    const { position } = await journal.cursor("delivery");
    return { isInUse: false, waiting: journal.next - Math.max(position, journal.first) };
  } finally {
    await journal.close();
  }
}
