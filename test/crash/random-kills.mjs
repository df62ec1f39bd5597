/**
 * SIGKILL at a random moment: each process takes over what the one before left. A kill loses nothing that the operating
 * system has, so the files are in memory where there is such a place: a slow disk would be all that is measured.
 */
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const maxLifeMs = 120;
const memoryFolder = "/dev/shm";

export async function killAtRandom(bed, { kills, random }) {
  const folder = existsSync(memoryFolder) ? memoryFolder : bed.folder;
  const spool = mkdtempSync(join(folder, "oncewire-kills-"));
  try {
    for (let kill = 0; kill < kills; kill += 1) await killOnce(bed, { spool, lifeMs: random() * maxLifeMs });
    await bed.drain(spool);
    return `${kills} kills`;
  } finally {
    rmSync(spool, { recursive: true, force: true });
  }
}

async function killOnce(bed, { spool, lifeMs }) {
  const victim = bed.start("endlessly", { spool });
  await bed.untilItTracks(victim);
  await sleep(lifeMs);
  const killedAtMs = Date.now();
  victim.child.kill("SIGKILL");
  await victim.ended;
  bed.record(victim, killedAtMs);
}
