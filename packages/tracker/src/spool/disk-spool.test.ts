import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openJournal } from "@oncewire/journal";
import { createFaultyFiles, createMemoryFiles } from "@oncewire/journal/testing";
import type { EncodedEvent } from "@oncewire/protocol";
import { afterEach, describe, expect, it } from "vitest";
import { systemRuntime, type Runtime } from "../runtime.js";
import { DiskSpool } from "./disk-spool.js";
import type { QueuedEvent } from "./queued-event.js";
import { createSpoolPlace, type SpoolPlaceOptions } from "./spool-place.js";
import type { SpoolBounds, SpoolListener } from "./spool.js";
import { testSpool } from "./spool.contract.js";

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

function tempFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "oncewire-spool-"));
  closers.push(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

const roomy: SpoolBounds = { maxQueueBytes: 1e8, maxQueueEvents: 1e6 };

interface Opened {
  readonly spool: DiskSpool;
  readonly told: { readonly recovered: () => number; readonly lost: () => number; readonly faults: (string | null)[] };
  readonly persisted: Set<string>;
  /** Resolves when the condition holds, looked at whenever the spool tells something. */
  until(condition: () => boolean): Promise<void>;
}

interface Setting {
  readonly directory: string;
  readonly bounds?: SpoolBounds;
  readonly journal?: SpoolPlaceOptions["journal"];
  readonly runtime?: Runtime;
}

function open({ directory, bounds = roomy, journal = {}, runtime = systemRuntime }: Setting): Opened {
  let recovered = 0;
  let lost = 0;
  const faults: (string | null)[] = [];
  const persisted = new Set<string>();
  const waiting = new Set<() => void>();
  const told = (): void => {
    for (const look of waiting) look();
  };
  const listener: SpoolListener = {
    persisted: (queued) => {
      persisted.add(queued.event.id);
      told();
    },
    readable: told,
    recovered: () => (recovered += 1),
    lost: (events) => {
      lost += events;
      told();
    },
    stranded: told,
    diskFailed: (fault) => {
      faults.push(fault);
      told();
    },
  };
  const place = createSpoolPlace({ directory, destination: "d", journal, id: () => systemRuntime.id() });
  const spool = new DiskSpool({ place, bounds, runtime, listener });
  closers.push(() => spool.close());
  const until = (condition: () => boolean): Promise<void> =>
    new Promise((resolve) => {
      const look = (): void => {
        if (!condition()) return;
        waiting.delete(look);
        resolve();
      };
      waiting.add(look);
      look();
    });
  return { spool, told: { recovered: () => recovered, lost: () => lost, faults }, persisted, until };
}

function event(id: string, bytes = 100): EncodedEvent {
  return { id, lane: `lane of ${id}`, bytes: Buffer.alloc(bytes, id) };
}

function takeAll({ spool }: Opened): QueuedEvent[] {
  const taken: QueuedEvent[] = [];
  for (let next = spool.take(); next !== undefined; next = spool.take()) taken.push(next);
  return taken;
}

/** Takes until so many are there: what is on disk alone comes by and by. */
async function takeCount(opened: Opened, count: number): Promise<QueuedEvent[]> {
  const taken: QueuedEvent[] = [];
  while (taken.length < count) {
    await opened.until(() => opened.spool.peek() !== undefined);
    for (const each of takeAll(opened)) taken.push(each);
  }
  return taken;
}

const ids = (events: readonly QueuedEvent[]): string[] => events.map((each) => each.event.id);
const names = (count: number, prefix = "e"): string[] =>
  Array.from({ length: count }, (_, index) => `${prefix}${index}`);
const delivered = { kind: "delivered" } as const;

testSpool(
  "DiskSpool",
  async (bounds) => {
    const opened = open({ directory: tempFolder(), bounds });
    await opened.until(() => opened.told.faults.length > 0 || opened.spool.isOpen);
    return { spool: opened.spool, close: () => opened.spool.close() };
  },
  { memoryIsTheLimit: "what memory has no room for is kept on disk" },
);

describe("what is durable", () => {
  it("is there after a restart, in order, with the same ids, lanes and bytes", async () => {
    const directory = tempFolder();
    const first = open({ directory });
    for (const id of names(2500)) first.spool.append(event(id), 0);
    await first.until(() => first.persisted.size === 2500);
    await first.spool.close();
    const second = open({ directory });
    const taken = await takeCount(second, 2500);
    expect(ids(taken)).toEqual(names(2500));
    expect(
      taken.every(({ event: { id, lane, bytes } }) => lane === `lane of ${id}` && Buffer.alloc(100, id).equals(bytes)),
    ).toBe(true);
    expect(second.told.recovered()).toBe(2500);
  });

  it("comes before what was appended after the restart, also while the journal was being opened", async () => {
    const directory = tempFolder();
    const first = open({ directory });
    for (const id of names(10, "old")) first.spool.append(event(id), 0);
    await first.until(() => first.persisted.size === 10);
    await first.spool.close();
    const second = open({ directory });
    const fates = names(10, "new").map((id) => second.spool.append(event(id), 0)?.fate);
    const taken = await takeCount(second, 20);
    expect(ids(taken)).toEqual([...names(10, "old"), ...names(10, "new")]);
    for (const each of taken) second.spool.release(each, delivered);
    for (const each of taken) each.settle(delivered);
    for (const fate of fates) expect(await fate?.settled()).toEqual(delivered);
  });

  it("and has ended does not come back, whatever the order in which it ended", async () => {
    const directory = tempFolder();
    const first = open({ directory });
    for (const id of names(100)) first.spool.append(event(id), 0);
    await first.until(() => first.persisted.size === 100);
    const stuck = new Set(["e3", "e40", "e41", "e99"]);
    for (const each of takeAll(first)) if (!stuck.has(each.event.id)) first.spool.release(each, delivered);
    await first.spool.close();
    const second = open({ directory });
    expect(ids(await takeCount(second, 4))).toEqual([...stuck]);
    expect(second.told.recovered()).toBe(4);
  });

  it("keeps its age over a restart, by the wall clock, and never a negative one", async () => {
    const directory = tempFolder();
    const at = (nowMs: number, monotonicMs: number): Runtime => ({
      ...systemRuntime,
      nowMs: () => nowMs,
      monotonicMs: () => monotonicMs,
    });
    const first = open({ directory, runtime: at(1_000_000, 500) });
    await first.until(() => first.spool.isOpen);
    first.spool.append(event("old"), 400);
    await first.until(() => first.persisted.size === 1);
    await first.spool.close();
    const later = open({ directory, runtime: at(1_060_000, 20) });
    const [old] = await takeCount(later, 1);
    expect(old?.acceptedAtMs).toBe(20 - 60_100);
    await later.spool.close();
    const earlier = open({ directory, runtime: at(0, 20) });
    expect((await takeCount(earlier, 1))[0]?.acceptedAtMs).toBe(20);
  });

  it("is told to whoever holds the handle", async () => {
    const opened = open({ directory: tempFolder() });
    const appended = opened.spool.append(event("a"), 0);
    expect(await appended?.fate.durable()).toBe(true);
    expect(opened.spool.volatile).toBe(0);
  });

  it("is in files that nobody else can read", async () => {
    const directory = tempFolder();
    const opened = open({ directory });
    opened.spool.append(event("a"), 0);
    await opened.until(() => opened.persisted.size === 1);
    const [journal = ""] = readdirSync(join(directory, "d"));
    const folder = join(directory, "d", journal);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    expect(readdirSync(folder).map((name) => statSync(join(folder, name)).mode & 0o077)).toEqual(
      readdirSync(folder).map(() => 0),
    );
  });
});

describe("more than memory has room for", () => {
  const small: SpoolBounds = { maxQueueBytes: 65_536, maxQueueEvents: 20 };

  it("is kept on disk and comes out in order", async () => {
    const opened = open({ directory: tempFolder(), bounds: small });
    await opened.until(() => opened.spool.isOpen);
    for (const id of names(300)) {
      expect(opened.spool.append(event(id), 0)).not.toBeNull();
      expect(opened.spool.events).toBeLessThanOrEqual(20);
    }
    const out: string[] = [];
    while (out.length < 300) {
      await opened.until(() => opened.spool.peek() !== undefined);
      for (const each of takeAll(opened)) {
        out.push(each.event.id);
        opened.spool.release(each, delivered);
      }
    }
    expect(out).toEqual(names(300));
    expect([opened.spool.events, opened.spool.bytes, opened.spool.volatile, opened.spool.unread]).toEqual([0, 0, 0, 0]);
  });

  it("stays in order while what comes and what goes alternate", async () => {
    const opened = open({ directory: tempFolder(), bounds: small });
    await opened.until(() => opened.spool.isOpen);
    const out: string[] = [];
    const takeSome = (): void => {
      for (
        let taken = opened.spool.take(), left = 15;
        taken !== undefined;
        taken = left > 0 ? opened.spool.take() : undefined
      ) {
        left -= 1;
        out.push(taken.event.id);
        opened.spool.release(taken, delivered);
      }
    };
    for (let round = 0; round < 30; round += 1) {
      for (const id of names(20, `r${round}-`)) expect(opened.spool.append(event(id), 0)).not.toBeNull();
      takeSome();
      await opened.until(() => opened.spool.peek() !== undefined);
    }
    while (out.length < 600) {
      await opened.until(() => opened.spool.peek() !== undefined);
      takeSome();
    }
    expect(out).toEqual(Array.from({ length: 30 }, (_, round) => names(20, `r${round}-`)).flat());
  });

  it("has its age by this process's monotonic clock, whatever the wall clock does", async () => {
    let jumpMs = 0;
    const runtime: Runtime = { ...systemRuntime, nowMs: () => systemRuntime.nowMs() + jumpMs };
    const opened = open({ directory: tempFolder(), bounds: small, runtime });
    await opened.until(() => opened.spool.isOpen);
    for (const id of names(100)) opened.spool.append(event(id), 7);
    jumpMs = 10 * 365 * 86_400_000;
    const taken: QueuedEvent[] = [];
    while (taken.length < 100) {
      await opened.until(() => opened.spool.peek() !== undefined);
      for (const each of takeAll(opened)) {
        taken.push(each);
        opened.spool.release(each, delivered);
      }
    }
    expect(new Set(taken.map(({ acceptedAtMs }) => acceptedAtMs))).toEqual(new Set([7]));
  });

  it("tells its end to whoever asks, in time or late", async () => {
    const opened = open({ directory: tempFolder(), bounds: small });
    await opened.until(() => opened.spool.isOpen);
    const appended = names(60).map((id) => opened.spool.append(event(id), 0));
    const early = appended.at(-1)?.fate.settled();
    const late = appended.slice(30, 33).flatMap((each) => (each === null ? [] : [each.fate]));
    const refused = { kind: "rejected", reason: "refused", detail: "no" } as const;
    let count = 0;
    while (count < 60) {
      await opened.until(() => opened.spool.peek() !== undefined);
      for (const each of takeAll(opened)) {
        count += 1;
        const end = each.event.id === "e31" ? refused : delivered;
        each.settle(end);
        opened.spool.release(each, end);
      }
    }
    expect(await early).toEqual(delivered);
    expect(await Promise.all(late.map((fate) => fate.settled()))).toEqual([delivered, refused, delivered]);
  });

  it("is refused beyond the journal's bound", async () => {
    const opened = open({ directory: tempFolder(), bounds: small, journal: { maxBytes: 65_536 } });
    await opened.until(() => opened.spool.isOpen);
    const taken = names(300).filter((id) => opened.spool.append(event(id, 1000), 0) !== null);
    expect(taken.length).toBeGreaterThan(30);
    expect(taken.length).toBeLessThan(100);
  });
});

describe("a disk that fails", () => {
  it("leaves events in memory, and is used again when it works", async () => {
    let isBroken = false;
    const files = createFaultyFiles(createMemoryFiles(), () => (isBroken ? "EIO" : null));
    const opened = open({ directory: "/spool", journal: { files } });
    await opened.until(() => opened.spool.isOpen);
    isBroken = true;
    const appended = names(50).map((id) => opened.spool.append(event(id), 0));
    await opened.until(() => opened.told.faults.some((fault) => fault !== null));
    expect(appended.every((each) => each !== null)).toBe(true);
    expect(opened.spool.volatile).toBe(50);
    expect(ids(takeAll(opened))).toEqual(names(50));
    isBroken = false;
    let count = 0;
    while (opened.persisted.size === 0) {
      opened.spool.append(event(`later${(count += 1)}`), 0);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    expect(opened.told.faults.at(-1)).toBeNull();
  });

  it("or a folder that cannot be made leaves everything in memory", async () => {
    const directory = join(tempFolder(), "file");
    writeFileSync(directory, "");
    const opened = open({ directory });
    opened.spool.append(event("a"), 0);
    await opened.until(() => opened.told.faults.length > 0);
    opened.spool.append(event("b"), 0);
    expect(ids(takeAll(opened))).toEqual(["a", "b"]);
    expect(opened.spool.volatile).toBe(2);
  });
});

describe("several users of one folder", () => {
  it("write journals of their own", async () => {
    const directory = tempFolder();
    const both = [open({ directory }), open({ directory })];
    for (const [index, { spool }] of both.entries())
      for (const id of names(5, `p${index}-`)) spool.append(event(id), 0);
    await Promise.all(both.map((each) => each.until(() => each.persisted.size === 5)));
    expect(both.map((each) => ids(takeAll(each)))).toEqual([names(5, "p0-"), names(5, "p1-")]);
    expect(readdirSync(join(directory, "d"))).toHaveLength(2);
  });

  it("take over what dead ones left, all of it, once", async () => {
    const directory = tempFolder();
    const dead = [open({ directory }), open({ directory }), open({ directory })];
    for (const [index, { spool }] of dead.entries())
      for (const id of names(5, `p${index}-`)) spool.append(event(id), 0);
    await Promise.all(dead.map((each) => each.until(() => each.persisted.size === 5)));
    for (const { spool } of dead) await spool.close();
    const heirs = [open({ directory }), open({ directory })];
    const found: string[] = [];
    const all = new Promise<void>((resolve) => {
      for (const heir of heirs) {
        void heir.until(() => {
          found.push(...ids(takeAll(heir)));
          if (found.length >= 15) resolve();
          return found.length >= 15;
        });
      }
    });
    await all;
    expect(found.toSorted()).toEqual(["p0-", "p1-", "p2-"].flatMap((prefix) => names(5, prefix)));
  });
});

describe("damage", () => {
  it("costs the damaged records, which are counted", async () => {
    const directory = tempFolder();
    const journal = await openJournal({ directory: join(directory, "d", "some") });
    const cursor = await journal.cursor("delivery");
    for (const text of ["not a record", ""]) journal.append([Buffer.from(text)]);
    await journal.committed(1);
    expect(cursor.position).toBe(0);
    await journal.close();
    const opened = open({ directory });
    await opened.until(() => opened.told.lost() === 2);
    opened.spool.append(event("good"), 0);
    expect(ids(await takeCount(opened, 1))).toEqual(["good"]);
  });
});
