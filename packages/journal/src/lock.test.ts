import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { commit, createBed, directory, names, readAll } from "./journal.fixture.js";
import { isOrphaned, openJournal } from "./journal.js";
import { createFaultyFiles } from "./faulty-files.js";
import { heartbeatMs } from "./lock.js";
import { createMachine, type Machine } from "./machine.js";
import { createMemoryFiles } from "./memory-files.js";
import { systemProcesses, type Owner } from "./processes.js";

const lockPath = `${directory}/lock.1`;

function lockOf(machine: Machine, owner: Partial<Owner>): Buffer {
  return Buffer.from(JSON.stringify({ ...machine.start().processes.self(), ...owner }));
}

describe("the lock", () => {
  it("keeps a second process out and names the first", async () => {
    const machine = createMachine();
    const files = createMemoryFiles();
    const first = createBed(machine, files);
    await first.open();
    await expect(createBed(machine, files).open()).rejects.toMatchObject({
      code: "locked",
      fields: { pid: first.process.pid },
      message: expect.stringContaining(`process ${first.process.pid}`),
    });
  });

  it("is free after close", async () => {
    const machine = createMachine();
    const files = createMemoryFiles();
    await (await createBed(machine, files).open()).close();
    await (await createBed(machine, files).open()).close();
    expect(names(files, "lock")).toEqual([]);
  });

  it("is free at once when its process is dead, whatever the time says", async () => {
    const bed = createBed();
    await bed.open();
    const next = bed.afterKill();
    await (await next.open()).close();
    expect(names(next.files, "lock")).toEqual([]);
  });

  it("goes to one of several who find it free at the same moment", async () => {
    for (let seed = 1; seed <= 50; seed += 1) {
      const machine = createMachine(seed);
      const files = createMemoryFiles();
      await createBed(machine, files).open();
      const left = files.kill();
      const stale = left.contentOf(lockPath);
      left.place(lockPath, Buffer.from(stale.toString().replace(/"pid":\d+/, '"pid":1')));
      // Each call is put off by a random number of turns, so that the contenders meet at every point.
      const slow = createFaultyFiles(left, () => null);
      const contenders = Array.from({ length: 4 }, () =>
        createBed(machine, left).open({ files: delayed(slow, machine) }),
      );
      const outcomes = await Promise.allSettled(contenders);
      const holders = outcomes.filter((outcome) => outcome.status === "fulfilled");
      expect(holders.length).toBeLessThanOrEqual(1);
      for (const outcome of outcomes) {
        if (outcome.status === "rejected") expect(outcome.reason).toMatchObject({ code: "locked" });
      }
    }
  });

  it("is never held twice, however those who open and close meet", async () => {
    for (let seed = 1; seed <= 60; seed += 1) {
      const machine = createMachine(seed);
      const inner = createMemoryFiles();
      const files = delayed(inner, machine);
      let holders = 0;
      const visit = async (): Promise<void> => {
        const bed = createBed(machine, inner);
        for (let round = 0; round < 6; round += 1) {
          const journal = await bed.open({ files }).catch(() => null);
          if (journal === null) continue;
          holders += 1;
          expect(holders, `seed ${seed}`).toBe(1);
          await Promise.resolve();
          holders -= 1;
          await journal.close();
        }
      };
      await Promise.all([visit(), visit(), visit(), visit()]);
    }
  });

  it("of a process that cannot be asked after counts while it is renewed", async () => {
    const machine = createMachine();
    const files = createMemoryFiles();
    const bed = createBed(machine, files);
    const foreign = { ...bed.process, processes: { ...bed.process.processes, fate: () => "unknown" as const } };
    const holder = await bed.open();
    for (let seconds = 0; seconds < 60; seconds += 1) await machine.advance(1_000);
    await expect(bed.open({ runtime: foreign })).rejects.toMatchObject({ code: "locked" });
    await holder.close();
    files.place(lockPath, lockOf(machine, { pid: 4711 }));
    await files.touch(lockPath, machine.nowMs());
    await expect(bed.open({ runtime: foreign })).rejects.toMatchObject({ code: "locked" });
    await machine.advance(10_000);
    await (await bed.open({ runtime: foreign })).close();
  });

  it("counts without content while it is fresh, and not for ever", async () => {
    const bed = createBed();
    await bed.files.makeDirectory(directory);
    bed.files.place(lockPath, Buffer.alloc(0));
    await bed.files.touch(lockPath, bed.machine.nowMs());
    await expect(bed.open()).rejects.toMatchObject({ code: "locked" });
    await bed.machine.advance(10_000);
    await (await bed.open()).close();
  });

  it("says whose it is as soon as the disk takes that, and is held by him then whatever becomes of the clock", async () => {
    const machine = createMachine();
    const place = createMemoryFiles();
    let isFull = true;
    const files = createFaultyFiles(place, ({ name }) => (isFull && name === "write" ? "ENOSPC" : null));
    const first = createBed(machine, place);
    await first.open({ files });
    isFull = false;
    await machine.advance(heartbeatMs);
    machine.setClock(machine.nowMs() + 3_600_000);
    await expect(createBed(machine, place).open()).rejects.toMatchObject({ fields: { pid: first.process.pid } });
  });

  it("can be had on a full disk that takes no content", async () => {
    const bed = createBed();
    const files = createFaultyFiles(bed.files, (call) => (call.name === "write" ? "ENOSPC" : null));
    const journal = await bed.open({ files });
    await expect(createBed(bed.machine, bed.files).open()).rejects.toMatchObject({ code: "locked" });
    await journal.close();
  });

  it("closes the journal of whoever finds it taken away", async () => {
    const bed = createBed();
    const journal = await bed.open();
    await bed.files.remove(lockPath);
    await bed.machine.advance(3_000);
    expect(journal.status().state).toBe("closed");
  });
});

describe("isOrphaned", () => {
  it("tells a dead process's journal from a living one's and from no journal", async () => {
    const bed = createBed();
    const ask = (of: typeof bed): Promise<boolean> => isOrphaned(directory, { files: of.files, runtime: of.process });
    expect(await ask(bed)).toBe(false);
    await commit(await bed.open(), "left behind");
    expect(await ask(bed)).toBe(false);
    const next = bed.afterKill();
    expect(await ask(next)).toBe(true);
    const adopted = await next.open();
    expect((await readAll(adopted)).texts).toEqual(["left behind"]);
    expect(await ask(next)).toBe(false);
  });
});

describe("the system's processes", () => {
  it("tells the living from the dead, and a pid given again from its first owner", async () => {
    const self = systemProcesses.self();
    expect(systemProcesses.fate(self)).toBe("alive");
    expect(systemProcesses.fate({ ...self, host: "elsewhere" })).toBe("unknown");
    if (process.platform !== "linux") return;
    expect(systemProcesses.fate({ ...self, started: "1" })).toBe("dead");
    expect(systemProcesses.fate({ ...self, boot: "an earlier one" })).toBe("dead");
    expect(systemProcesses.fate({ ...self, namespace: "pid:[1]" })).toBe("unknown");
    const child = spawn(process.execPath, ["-e", ""]);
    const pid = child.pid ?? 0;
    await once(child, "exit");
    expect(systemProcesses.fate({ ...self, pid })).toBe("dead");
  });

  it("frees the folder of a process that was killed", async () => {
    const folder = await mkdtemp(join(tmpdir(), "journal-"));
    const source = new URL("../dist/index.js", import.meta.url);
    const script = `import(${JSON.stringify(source.href)}).then(async ({ openJournal }) => {
      const journal = await openJournal({ directory: ${JSON.stringify(folder)} });
      await journal.committed(journal.append([Buffer.from("from the dead")]));
      console.log("committed");
      setInterval(() => undefined, 1000);
    });`;
    const child = spawn(process.execPath, ["-e", script], { stdio: ["ignore", "pipe", "inherit"] });
    await once(child.stdout, "data");
    await expect(openJournal({ directory: folder })).rejects.toMatchObject({
      code: "locked",
      fields: { pid: child.pid },
    });
    expect(await isOrphaned(folder)).toBe(false);
    child.kill("SIGKILL");
    await once(child, "exit");
    expect(await isOrphaned(folder)).toBe(true);
    const journal = await openJournal({ directory: folder });
    expect((await readAll(journal)).texts).toEqual(["from the dead"]);
    await journal.close();
    await rm(folder, { recursive: true });
  });
});

function delayed<Files extends object>(files: Files, machine: Machine): Files {
  return new Proxy(files, {
    get(target, key) {
      const member: unknown = Reflect.get(target, key);
      if (typeof member !== "function") return member;
      return async (...given: unknown[]) => {
        const turns = Math.floor(machine.random() * 8);
        for (let turn = 0; turn < turns; turn += 1) await Promise.resolve();
        return Reflect.apply(member, target, given);
      };
    },
  });
}
