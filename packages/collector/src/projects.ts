import { hash } from "node:crypto";

export type ProjectMatch =
  | { readonly kind: "known"; readonly project: string }
  | { readonly kind: "unknown" }
  | { readonly kind: "disabled" };

/** Keys and what they stand for, as SHA-256: neither memory nor timing nor a message between threads shows a key. */
export interface KeyTable {
  /** True when every key is accepted, into the project `default`. */
  readonly open: boolean;
  readonly matches: ReadonlyMap<string, ProjectMatch>;
}

/** Which project a key stands for. */
export interface Projects {
  readonly open: boolean;
  find(key: string): ProjectMatch;
}

export function createKeyTable(keys: Readonly<Record<string, string>>, disabledKeys: readonly string[]): KeyTable {
  const matches = new Map<string, ProjectMatch>();
  for (const [key, project] of Object.entries(keys)) matches.set(digest(key), { kind: "known", project });
  for (const key of disabledKeys) matches.set(digest(key), { kind: "disabled" });
  return { open: Object.keys(keys).length === 0, matches };
}

export function createProjects({ open, matches }: KeyTable): Projects {
  const otherwise: ProjectMatch = open ? { kind: "known", project: "default" } : { kind: "unknown" };
  return { open, find: (key) => matches.get(digest(key)) ?? otherwise };
}

/** The project of a name that came inside an event (an app id, say); null when it names none of ours. */
export function projectNamed({ matches }: KeyTable, name: string): string | null {
  const match = matches.size === 0 ? undefined : matches.get(digest(name));
  return match?.kind === "known" ? match.project : null;
}

function digest(key: string): string {
  return hash("sha256", key, "base64");
}
