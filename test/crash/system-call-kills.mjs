/** SIGKILL at every system call of a short script that changes something on disk: strace(1) kills in its stead. */
import { spawnSync } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";

/** What the journal does to the disk, by the names that kernels have for it. */
const calls = ["pwritev", "pwrite64", "fdatasync", "fsync", "rename", "unlink", "ftruncate"];

const tracer = "strace";

/** Null where it can be done, or why not. */
export function whyNoSystemCalls() {
  const { status } = spawnSync(tracer, ["-f", "-qq", "-e", "trace=none", "true"]);
  return status === 0 ? null : "strace(1) is not installed, or may not trace";
}

export async function killAtSystemCalls(bed, { maxKills }) {
  const counts = await countCalls(bed);
  const points = counts.flatMap(([call, count]) =>
    Array.from({ length: count }, (_, index) => ({ call, when: index + 1 })),
  );
  const every = Math.max(1, Math.ceil(points.length / maxKills));
  const chosen = points.filter((_, index) => index % every === 0);
  let kills = 0;
  for (const { call, when } of chosen) {
    const spool = join(bed.folder, `${call}-${when}`);
    const inject = ["-e", `trace=${call}`, "-e", `inject=${call}:signal=SIGKILL:when=${when}`];
    const run = bed.start("script", { spool, before: [tracer, "-f", "-qq", "-o", "/dev/null", ...inject] });
    const { signal } = await run.ended;
    if (signal === "SIGKILL") kills += 1;
    bed.record(run, null);
    await bed.drain(spool);
    rmSync(spool, { recursive: true, force: true });
  }
  const found = counts.map(([call, count]) => `${count} ${call}`).join(", ");
  return `${kills} kills at ${chosen.length} of ${points.length} calls (${found})`;
}

/** How often a script that is left alone makes each call; the next runs may differ by a few. */
async function countCalls(bed) {
  const trace = join(bed.folder, "trace");
  const spool = join(bed.folder, "counted");
  const run = bed.start("script", {
    spool,
    before: [tracer, "-f", "-qq", "-e", `trace=${calls.join(",")}`, "-o", trace],
  });
  const { code, errors } = await run.ended;
  if (code !== 0) throw new Error(`the script ended with ${code}: ${errors}`);
  bed.record(run, null);
  const lines = readFileSync(trace, "utf8").split("\n");
  const counts = calls.map((call) => [call, lines.filter((line) => line.includes(` ${call}(`)).length]);
  return counts.filter(([, count]) => count > 0);
}
