/**
 * The store before, while a new one is made from the log: it stands aside until the new one is whole. Whoever opens the
 * data directory next puts it back, so that a rebuilding that was killed has changed nothing.
 */
import { existsSync, renameSync, rmSync } from "node:fs";

export function setStoreAside(store: string): void {
  if (existsSync(store)) renameSync(store, asideOf(store));
}

/** Nothing where no rebuilding was ended on the way. What it had made goes: what came since is in the log. */
export function putStoreBack(store: string): void {
  rmSync(replacedOf(store), { recursive: true, force: true });
  if (!existsSync(asideOf(store))) return;
  rmSync(store, { recursive: true, force: true });
  renameSync(asideOf(store), store);
}

/** The new one is whole. From the renaming on nobody puts the one before back, of which a part may be gone already. */
export function dropStoreBefore(store: string): void {
  if (existsSync(asideOf(store))) renameSync(asideOf(store), replacedOf(store));
  rmSync(replacedOf(store), { recursive: true, force: true });
}

const asideOf = (store: string): string => `${store}.before-rebuild`;
const replacedOf = (store: string): string => `${store}.replaced`;
