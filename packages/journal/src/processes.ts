/**
 * Who holds a lock, and whether that process still lives. A pid alone is not enough: pids are given again after a
 * death, start over after a reboot, and mean something else in another container.
 */
import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";

export interface Processes {
  self(): Owner;
  /** `unknown`: it lives elsewhere, or the system does not tell; then only its sign of life decides. */
  fate(owner: Owner): "alive" | "dead" | "unknown";
}

/** A process, named so that no other will ever be taken for it. Empty: the system does not tell. */
export interface Owner {
  readonly pid: number;
  readonly host: string;
  /** Changes with every start of the kernel. */
  readonly boot: string;
  /** The space in which `pid` counts. */
  readonly namespace: string;
  /** In the kernel's ticks since boot: tells a process from a later one with its pid. */
  readonly started: string;
}

export const systemProcesses: Processes = {
  self: () => ({
    pid: process.pid,
    host: hostname(),
    boot: attempt(() => readFileSync("/proc/sys/kernel/random/boot_id", "latin1").trim()),
    namespace: attempt(() => readlinkSync("/proc/self/ns/pid")),
    started: startOf(process.pid),
  }),
  fate(owner) {
    const self = systemProcesses.self();
    if (owner.host !== self.host) return "unknown";
    if (owner.boot !== self.boot) return "dead";
    if (owner.namespace !== self.namespace) return "unknown";
    if (!isRunning(owner.pid)) return "dead";
    if (owner.started === "") return "unknown";
    return startOf(owner.pid) === owner.started ? "alive" : "dead";
  },
};

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it runs, under another user.
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

/** Field 22 of /proc/pid/stat (proc(5)); empty where there is none, and for a dead process nobody has waited for. */
function startOf(pid: number): string {
  const stat = attempt(() => readFileSync(`/proc/${pid}/stat`, "latin1"));
  // The second field is the program's name in parentheses and may hold spaces: count from behind it.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const state = fields[0] ?? "";
  return state === "Z" || state === "X" ? "" : (fields[19] ?? "");
}

function attempt(read: () => string): string {
  try {
    return read();
  } catch {
    return "";
  }
}
