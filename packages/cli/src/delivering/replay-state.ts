/** How far a replay has come, in a small file, so that it goes on there when it is begun again. */
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { rename } from "node:fs/promises";
import { CommandError } from "../command-error.js";

export interface ReplayState {
  /** Everything up to and with it has been replayed; -1 at the beginning. */
  readonly mark: number;
  save(mark: number): Promise<void>;
}

/**
 * `source` names what is replayed: a state of something else is refused.
 *
 * @throws CommandError `usage` for that, and where no state can be kept: better before anything is sent than after.
 */
export function openReplayState(path: string | undefined, source: string): ReplayState {
  if (path === undefined) return { mark: -1, save: () => Promise.resolve() };
  const mark = readMark(path, source);
  const next = `${path}.new`;
  const write = (reached: number): void => {
    try {
      writeFileSync(next, `${JSON.stringify({ source, mark: reached })}\n`);
    } catch (error) {
      throw new CommandError("usage", `--state ${path} cannot be written: ${String(error)}`, error);
    }
  };
  write(mark);
  rmSync(next);
  return {
    mark,
    save: async (reached) => {
      write(reached);
      await rename(next, path);
    },
  };
}

function readMark(path: string, source: string): number {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return -1;
    throw new CommandError("usage", `--state ${path} cannot be read: ${String(error)}`, error);
  }
  const state = parse(text);
  if (state.source !== source || !Number.isSafeInteger(state.mark)) {
    throw new CommandError(
      "usage",
      `--state ${path} is not of a replay of ${source}; give another file, or remove it to begin anew.`,
    );
  }
  return Number(state.mark);
}

function parse(text: string): { readonly source?: unknown; readonly mark?: unknown } {
  try {
    return (JSON.parse(text) ?? {}) as { source?: unknown; mark?: unknown };
  } catch {
    return {};
  }
}
