import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface ProgramEnd {
  readonly lines: readonly string[];
  readonly errors: string;
}

/** What a program of this text can do beside what it imports. */
const prelude = `
  import { closeSync, openSync } from "node:fs";
  const taken = [];
  /** From here on no file, socket or process can be opened. */
  function takeAllFiles() {
    try {
      for (;;) taken.push(openSync("/dev/null"));
    } catch (error) {
      if (error.code !== "EMFILE") throw error;
    }
  }
  function giveFilesBack() {
    for (const file of taken.splice(0)) closeSync(file);
  }
  const directory = process.argv[2];
`;

/** Runs it in a process of its own that may open few files, and in which it can take them all. */
export function runWithFewFiles(program: string): ProgramEnd {
  const folder = mkdtempSync(join(tmpdir(), "oncewire-files-"));
  try {
    const file = join(folder, "program.mjs");
    writeFileSync(file, prelude + program);
    const args = ["-c", `ulimit -n 256; exec "$0" "$1" "$2"`, process.execPath, file, join(folder, "data")];
    const { stdout, stderr } = spawnSync("sh", args, { encoding: "utf8", timeout: 15_000, killSignal: "SIGKILL" });
    return { lines: stdout.split("\n").slice(0, -1), errors: stderr };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
