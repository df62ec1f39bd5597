/** CPU time by thread, which does not depend on what else the cores are doing. Linux alone tells it. */
import { readFileSync } from "node:fs";

/** The processes that a process has started, as far as the system says. */
export function childrenOf(pid) {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ").filter(Boolean).map(Number);
  } catch {
    return [];
  }
}

/** Microseconds of CPU that the main thread of a process has taken; NaN where the system does not say. */
export function mainThreadCpuUs(pid) {
  try {
    return Number(readFileSync(`/proc/${pid}/task/${pid}/schedstat`, "utf8").split(" ")[0]) / 1_000;
  } catch {
    return Number.NaN;
  }
}
