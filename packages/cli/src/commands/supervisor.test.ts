/** Processes and a clock of the test's own. */
import { beforeEach, describe, expect, it } from "vitest";
import { Supervisor } from "./supervisor.js";
import type { SupervisedListener } from "./supervisor.js";

class StartedProcess {
  readonly signals: string[] = [];
  readonly #listener: SupervisedListener;

  constructor(listener: SupervisedListener) {
    this.#listener = listener;
  }

  listens(): void {
    this.#listener.onListening();
  }

  serves(): void {
    this.#listener.onListening();
    this.#listener.onServing();
  }

  exits(how: number | string): void {
    if (typeof how === "number") this.#listener.onExit(how, null);
    else this.#listener.onExit(null, how);
  }
}

let processes: StartedProcess[];
let notes: string[];
let timers: { readonly dueMs: number; readonly task: () => void }[];
let nowMs: number;
let end: string;
let supervisor: Supervisor;

beforeEach(() => {
  [processes, notes, timers, nowMs, end] = [[], [], [], 0, "not ended"];
  supervisor = new Supervisor({
    start: (listener) => {
      const started = new StartedProcess(listener);
      processes.push(started);
      return (signal) => started.signals.push(signal);
    },
    note: ({ message }) => notes.push(message),
    runtime: {
      monotonicMs: () => nowMs,
      after: (delayMs, task) => {
        const timer = { dueMs: nowMs + delayMs, task };
        timers.push(timer);
        return () => (timers = timers.filter((one) => one !== timer));
      },
    },
  });
  supervisor.ended.then(
    () => (end = "ended"),
    (error: Error) => (end = error.message),
  );
  supervisor.start();
});

function pass(ms: number): void {
  nowMs += ms;
  const due = timers.filter(({ dueMs }) => dueMs <= nowMs);
  timers = timers.filter(({ dueMs }) => dueMs > nowMs);
  for (const { task } of due) task();
}

function nth(number: number): StartedProcess {
  const found = processes[number - 1];
  if (found === undefined) throw new Error(`expected ${number} processes, got ${processes.length}`);
  return found;
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe("a process that is replaced", () => {
  beforeEach(() => {
    nth(1).serves();
    supervisor.start();
  });

  it("is told to end when the new one listens, and is not missed", () => {
    expect(nth(1).signals).toEqual([]);
    nth(2).listens();
    expect(nth(1).signals).toEqual(["SIGTERM"]);
    nth(1).exits(0);
    nth(2).serves();
    pass(3_600_000);
    expect([processes.length, nth(1).signals, nth(2).signals, notes]).toEqual([2, ["SIGTERM"], [], []]);
  });

  it("goes on when the new one cannot be started, and is replaced by the next that can", () => {
    nth(2).exits(2);
    pass(3_600_000);
    expect([processes.length, nth(1).signals]).toEqual([2, []]);
    expect(notes).toEqual(["the new process could not be started (code 2); the other one serves"]);
    supervisor.start();
    nth(3).serves();
    expect(nth(1).signals).toEqual(["SIGTERM"]);
  });

  it("is killed when it does not end, before the new one gives up waiting", () => {
    nth(2).listens();
    pass(49_999);
    expect(nth(1).signals).toEqual(["SIGTERM"]);
    pass(1);
    expect(nth(1).signals).toEqual(["SIGTERM", "SIGKILL"]);
    nth(1).exits("SIGKILL");
    expect([processes.length, timers]).toEqual([2, []]);
  });

  it("leaves the port to the new one when it ends by itself meanwhile", () => {
    nth(1).exits("SIGSEGV");
    expect(notes).toEqual(["the collector ended by itself (SIGSEGV); the other one serves"]);
    pass(3_600_000);
    nth(2).serves();
    expect([processes.length, nth(2).signals]).toEqual([2, []]);
  });

  it("is started again with the new configuration when both end", () => {
    nth(2).exits(1);
    nth(1).exits(1);
    pass(1_000);
    expect(processes).toHaveLength(3);
  });

  it("gives way to the last one when there are more", () => {
    supervisor.start();
    nth(3).listens();
    expect([nth(1).signals, nth(2).signals]).toEqual([["SIGTERM"], ["SIGTERM"]]);
    nth(2).listens();
    expect([nth(1).signals, nth(2).signals, nth(3).signals]).toEqual([["SIGTERM"], ["SIGTERM"], []]);
  });
});

describe("a process that ends by itself", () => {
  it("is started again, after longer and longer waits", () => {
    const waits: (number | undefined)[] = [];
    nth(1).serves();
    for (let ends = 1; ends <= 8; ends += 1) {
      nth(ends).exits(1);
      const waitMs = (timers[0]?.dueMs ?? 0) - nowMs;
      waits.push(waitMs);
      pass(waitMs);
    }
    expect(waits).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
    expect(notes[0]).toBe("the collector ended by itself (code 1); it is started again in 1000 ms");
  });

  it("is started again soon when it had served for long", () => {
    nth(1).serves();
    for (let ends = 1; ends <= 3; ends += 1) {
      nth(ends).exits(1);
      pass(30_000);
    }
    nth(4).serves();
    pass(30_001);
    nth(4).exits("SIGKILL");
    expect(notes.at(-1)).toBe("the collector ended by itself (SIGKILL); it is started again in 1000 ms");
  });

  it("is started at once, and once, when a new one is asked for meanwhile", () => {
    nth(1).serves();
    nth(1).exits(1);
    supervisor.start();
    pass(3_600_000);
    expect(processes).toHaveLength(2);
  });

  it.each([
    [2, "usage"],
    [1, "failed"],
  ] as const)("ends everything when it never served: code %d", async (code, exit) => {
    nth(1).exits(code);
    await expect(supervisor.ended).rejects.toMatchObject({ exit });
    pass(3_600_000);
    expect(processes).toHaveLength(1);
  });
});

describe("stopping", () => {
  it("ends when the last process is gone, and starts none any more", async () => {
    nth(1).serves();
    supervisor.start();
    nth(2).listens();
    supervisor.stop("SIGINT");
    expect([nth(1).signals, nth(2).signals]).toEqual([["SIGTERM", "SIGINT"], ["SIGINT"]]);
    nth(1).exits(0);
    await settled();
    expect(end).toBe("not ended");
    nth(2).exits(0);
    await settled();
    expect(end).toBe("ended");
    supervisor.start();
    expect([processes.length, timers]).toEqual([2, []]);
  });

  it("kills what does not end", async () => {
    nth(1).serves();
    supervisor.stop("SIGTERM");
    supervisor.stop("SIGINT");
    pass(50_000);
    expect(nth(1).signals).toEqual(["SIGTERM", "SIGINT", "SIGKILL"]);
    expect(notes).toEqual(["a process has not ended in 50000 ms; it is killed"]);
    nth(1).exits("SIGKILL");
    await settled();
    expect([end, timers]).toEqual(["ended", []]);
  });

  it("ends at once while nothing runs", async () => {
    nth(1).serves();
    nth(1).exits(1);
    supervisor.stop("SIGTERM");
    await settled();
    expect([end, timers]).toEqual(["ended", []]);
  });
});
