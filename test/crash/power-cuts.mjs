/**
 * The power fails: a file system in a file is shut down without writing its log (the ioctl that xfs made for this very
 * test, which ext4 has, too), and mounted again. The process is stopped first: a living one would be told that its
 * write is safe by a file system that is already dead.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const imageBytes = 320 * 1024 * 1024;
const maxLifeMs = 120;
const makeFileSystem = { ext4: ["mkfs.ext4", "-q", "-F"], xfs: ["mkfs.xfs", "-q", "-f"] };

/** GOING_FLAGS_NOLOGFLUSH of _IOR('X', 125, __u32). */
const shutDown = `
import fcntl, os, struct, sys
fd = os.open(sys.argv[1], os.O_RDONLY)
fcntl.ioctl(fd, 0x8004587D, struct.pack("I", 2))
`;

/** Null where it can be done, or why not. */
export function whyNoPowerCuts(type) {
  if (process.getuid?.() !== 0) return "only root may mount";
  const [make] = makeFileSystem[type];
  if (spawnSync(make, ["-V"]).error !== undefined) return `${make} is not installed`;
  if (spawnSync("python3", ["-c", "import fcntl"]).status !== 0) return "python3 is not installed";
  const place = createPlace();
  try {
    place.make(type);
    place.mount();
    place.unmount();
    return null;
  } catch (error) {
    return `a ${type} image cannot be mounted: ${error.message}`;
  } finally {
    place.remove();
  }
}

export async function cutPower(bed, { type, cuts, random }) {
  const place = createPlace();
  const spool = join(place.folder, "spool");
  try {
    place.make(type);
    place.mount();
    for (let cut = 0; cut < cuts; cut += 1) await cutOnce(bed, { place, spool, random });
    await bed.drain(spool);
    return `${cuts} cuts`;
  } finally {
    place.remove();
  }
}

async function cutOnce(bed, { place, spool, random }) {
  const victim = bed.start("endlessly", { spool });
  try {
    // Most cuts are for a spool that is open, some for one that is being opened.
    if (random() < 0.8) await bed.untilItIsDurable(victim);
    else await bed.untilItTracks(victim);
    await sleep(random() * maxLifeMs);
    victim.child.kill("SIGSTOP");
    await sleep(5);
    place.cut();
  } finally {
    victim.child.kill("SIGKILL");
    await victim.ended;
  }
  bed.record(victim, null);
  place.unmount();
  place.mount();
}

function createPlace() {
  const base = mkdtempSync(join(tmpdir(), "oncewire-power-"));
  const image = join(base, "image");
  const folder = join(base, "mount");
  mkdirSync(folder);
  return {
    folder,
    make: (type) => {
      writeFileSync(image, "");
      truncateSync(image, imageBytes);
      const [command, ...args] = makeFileSystem[type];
      run(command, [...args, image]);
    },
    mount: () => run("mount", ["-o", "loop", image, folder]),
    unmount: () => run("umount", [folder]),
    cut: () => run("python3", ["-c", shutDown, folder]),
    remove: () => {
      if (readFileSync("/proc/mounts", "utf8").includes(` ${folder} `)) run("umount", [folder]);
      rmSync(base, { recursive: true, force: true });
    },
  };
}

function run(command, args) {
  const { status, error, stderr } = spawnSync(command, args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`${command}: ${error?.message ?? stderr.trim()}`);
}
