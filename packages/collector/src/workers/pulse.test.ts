/** A machine of the test's own: its clock, its timers, and a worker that answers as long as it is told to. */
import { beforeEach, describe, expect, it } from "vitest";
import { everyCheck, lostMs, Pulse, silentMs } from "./pulse.js";

const secondMs = 1_000;
const hourMs = 3_600_000;

let nowMs: number;
let timers: { readonly dueMs: number; readonly task: () => void }[];
let isAnswering: boolean;
/** What the worker has said and its owner has not read yet. */
let unread: number;
let said: string[];
let pulse: Pulse;
let end: () => void;

beforeEach(() => {
  [nowMs, timers, isAnswering, unread, said] = [0, [], true, 0, []];
  pulse = new Pulse({
    ask: () => (unread += isAnswering ? 1 : 0),
    onSilent: () => said.push(`silent at ${nowMs}`),
    onBack: () => said.push(`back at ${nowMs}`),
    onLost: () => said.push(`lost at ${nowMs}`),
  });
  end = everyCheck({ monotonicMs: () => nowMs, after }, (isLate) => pulse.check(isLate));
});

function after(delayMs: number, task: () => void): () => void {
  const timer = { dueMs: nowMs + delayMs, task };
  timers.push(timer);
  return () => (timers = timers.filter((one) => one !== timer));
}

/** As an event loop goes: the timers that are due, then what has come in before. */
function turn(): void {
  const come = unread;
  const due = timers.filter(({ dueMs }) => dueMs <= nowMs);
  timers = timers.filter(({ dueMs }) => dueMs > nowMs);
  for (const { task } of due) task();
  unread -= come;
  for (let index = 0; index < come; index += 1) pulse.heard();
}

function pass(ms: number): void {
  for (const endMs = nowMs + ms; nowMs < endMs;) {
    nowMs += 100;
    turn();
  }
}

describe("a worker that answers", () => {
  it("is never silent", () => {
    pass(hourMs);
    expect(said).toEqual([]);
    expect(pulse.isSilent).toBe(false);
  });

  it("is well when its answer is no answer but anything else that it says", () => {
    isAnswering = false;
    for (let seconds = 0; seconds < 100; seconds += 1) {
      pass(secondMs);
      pulse.heard();
    }
    expect(said).toEqual([]);
  });

  it.each([1.5, 20, 600])("is well while its owner is busy for %d seconds at a time", (seconds) => {
    for (let times = 0; times < 100; times += 1) {
      nowMs += seconds * secondMs;
      turn();
    }
    expect(said).toEqual([]);
  });

  it("is well after the machine was suspended, however often that is", () => {
    isAnswering = false;
    pass(secondMs);
    for (let times = 0; times < 100; times += 1) {
      nowMs += hourMs;
      turn();
    }
    // Only now it comes to answering.
    unread = 1;
    pass(100);
    isAnswering = true;
    pass(hourMs);
    expect(said).toEqual([]);
  });
});

describe("a worker that does not answer", () => {
  beforeEach(() => {
    pass(10 * secondMs);
    isAnswering = false;
  });

  it("is silent after five checks, and lost after thirty, once each", () => {
    // It still answered the check at ten seconds, and the one at eleven is the first that asks in vain.
    pass(hourMs);
    expect(said).toEqual([`silent at ${11_000 + silentMs}`, `lost at ${11_000 + lostMs}`]);
  });

  it("is back with its first sign of life", () => {
    pass(20 * secondMs);
    expect(pulse.isSilent).toBe(true);
    isAnswering = true;
    unread = 1;
    pass(hourMs);
    expect(pulse.isSilent).toBe(false);
    expect(said).toEqual([`silent at ${11_000 + silentMs}`, "back at 30100"]);
  });

  it("is noticed as soon as the machine goes on after it was suspended", () => {
    nowMs += hourMs;
    pass(2 * silentMs);
    expect(said).toEqual([`silent at ${hourMs + 11_100 + silentMs}`]);
  });

  it("is not looked at any more when that has been ended", () => {
    end();
    pass(hourMs);
    expect(said).toEqual([]);
    expect(timers).toEqual([]);
  });
});
