/**
 * The folder of one destination's spool: `<directory>/<destination>/<journal>`. Every process that uses it has a journal
 * of its own in it; the journal's lock says whose it is, and that the owner is alive.
 */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { isOrphaned, JournalError, openJournal, type Journal, type JournalOptions } from "@oncewire/journal";

export interface SpoolPlace {
  /** A journal for this process to write: one that a dead process left, or a new one. */
  openOwn(): Promise<Journal>;
  /** Journals that dead processes left and that nobody else has taken over. They stay open. */
  adopt(): Promise<readonly Journal[]>;
}

export interface SpoolPlaceOptions {
  readonly directory: string;
  readonly destination: string;
  readonly journal: Omit<JournalOptions, "directory">;
  /** Names a new journal. */
  readonly id: () => string;
}

export function createSpoolPlace({ directory, destination, journal, id }: SpoolPlaceOptions): SpoolPlace {
  // A dot would let a destination's name lead out of the folder.
  const place = join(directory, encodeURIComponent(destination).replaceAll(".", "%2E"));
  const open = (name: string): Promise<Journal> => openJournal({ ...journal, directory: join(place, name) });
  const folders = (): Promise<readonly string[]> => foldersIn(place, journal.files ?? systemFolders);
  const adoptFirst = async (names: readonly string[]): Promise<Journal | null> => {
    for (const name of names) {
      const adopted = await openOrphan(
        () => isOrphaned(join(place, name), journal),
        () => open(name),
      );
      if (adopted !== null) return adopted;
    }
    return null;
  };
  return {
    openOwn: async () => (await adoptFirst(await folders())) ?? (await open(id())),
    adopt: async () => {
      const adopted: Journal[] = [];
      for (const name of await folders()) {
        const journalOfName = await adoptFirst([name]);
        if (journalOfName !== null) adopted.push(journalOfName);
      }
      return adopted;
    },
  };
}

interface Folders {
  list(path: string): Promise<readonly { readonly name: string; readonly isFile: boolean }[]>;
}

const systemFolders: Folders = {
  list: async (path) => {
    const entries = await readdir(path, { withFileTypes: true });
    return entries.map((entry) => ({ name: entry.name, isFile: !entry.isDirectory() }));
  },
};

async function foldersIn(place: string, files: Folders): Promise<readonly string[]> {
  try {
    const entries = await files.list(place);
    return entries
      .filter(({ isFile }) => !isFile)
      .map(({ name }) => name)
      .toSorted();
  } catch {
    // Not there yet, or not to be read: opening a journal in it says which.
    return [];
  }
}

/** Null where somebody has it, or where it cannot be used. */
async function openOrphan(isFree: () => Promise<boolean>, open: () => Promise<Journal>): Promise<Journal | null> {
  try {
    return (await isFree()) ? await open() : null;
  } catch (error) {
    if (JournalError.is(error)) return null;
    throw error;
  }
}
