import { createHash } from "node:crypto";

/** Which project a key stands for. Keys are held and compared as SHA-256, so that neither memory nor timing shows them. */
export interface Projects {
  /** True when every key is accepted, into the project `default`. */
  readonly open: boolean;
  find(key: string): ProjectMatch;
}

export type ProjectMatch =
  | { readonly kind: "known"; readonly project: string }
  | { readonly kind: "unknown" }
  | { readonly kind: "disabled" };

export function createProjects(keys: Readonly<Record<string, string>>, disabledKeys: readonly string[]): Projects {
  const matches = new Map<string, ProjectMatch>();
  for (const [key, project] of Object.entries(keys)) matches.set(digest(key), { kind: "known", project });
  for (const key of disabledKeys) matches.set(digest(key), { kind: "disabled" });
  const open = Object.keys(keys).length === 0;
  const otherwise: ProjectMatch = open ? { kind: "known", project: "default" } : { kind: "unknown" };
  return { open, find: (key) => matches.get(digest(key)) ?? otherwise };
}

function digest(key: string): string {
  return createHash("sha256").update(key).digest("base64");
}
