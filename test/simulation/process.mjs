/**
 * An operating-system process of the simulation: what the tracker and the journal in it are given as their runtime. It
 * can be killed (nothing of it ever runs again), frozen (all of it runs later) and its timers are as inexact as real
 * ones.
 */
import { nothing } from "./world.mjs";

/** From the timers of a turn of the event loop to what has come in, and from there to what waits for that. */
const pollMs = 0.001;

export class SimulatedProcess {
  isAlive = true;
  /** Set timers that have neither fired nor been cancelled. */
  timers = 0;
  #world;
  #chance;
  #frozenUntilMs = 0;
  #ids = 0;
  #isInexact;
  /** What the kernel is about to do for it; done or not done when it dies. */
  #calls = new Set();

  constructor(world, { pid, living, isInexact }) {
    this.pid = pid;
    this.#world = world;
    this.#chance = world.chance.fork();
    this.#isInexact = isInexact;
    this.#living = living;
    this.owner = { pid, host: "machine", boot: "boot", namespace: "pids", started: String(pid) };
    living.add(pid);
  }

  #living;

  /** Calls `run` in this process after `delayMs`, unless it is dead by then; later if it is frozen. */
  in(delayMs, run) {
    this.#world.in(delayMs, () => {
      if (!this.isAlive) return nothing;
      const frozenMs = this.#frozenUntilMs - this.#world.nowMs;
      if (frozenMs <= 0) return run();
      this.in(frozenMs, run);
      return nothing;
    });
  }

  /**
   * Something comes in from outside: `arrive` then, `run` when this process gets to read it. After a stall that is after
   * the timers that fell due meanwhile, as in Node's event loop.
   */
  receive(delayMs, run, arrive = () => undefined) {
    this.#world.in(delayMs, () => {
      arrive();
      if (!this.isAlive) return nothing;
      const frozenMs = this.#frozenUntilMs - this.#world.nowMs;
      if (frozenMs <= 0) return run();
      this.in(frozenMs + pollMs, run);
      return nothing;
    });
  }

  get nowMs() {
    return this.#world.nowMs;
  }

  freeze(durationMs) {
    this.#frozenUntilMs = Math.max(this.#frozenUntilMs, this.#world.nowMs + durationMs);
  }

  /** When it runs again, or last began to. */
  get thawsAtMs() {
    return this.#frozenUntilMs;
  }

  /** A call to the kernel that takes its time: `act` is what it does, `done` tells the process. */
  call(delayMs, act, done) {
    const call = { act };
    this.#calls.add(call);
    this.in(delayMs, () => {
      this.#calls.delete(call);
      done(act());
    });
  }

  /** Ends it at once. Of what the kernel was doing for it, some is done all the same. */
  kill() {
    this.isAlive = false;
    this.#living.delete(this.pid);
    for (const { act } of this.#calls) if (this.#chance.is(0.5)) void act().catch?.(() => undefined);
    this.#calls.clear();
  }

  #after(delayMs, callback) {
    // Real timers come late, and up to a millisecond early by the finer clock.
    const errorMs = this.#isInexact ? this.#chance.next() * 4 - 0.9 : 0;
    this.timers += 1;
    // What was taken back is let go of, however long it would have been until then.
    let ring = callback;
    const end = () => {
      if (ring !== null) this.timers -= 1;
      ring = null;
    };
    this.in(Math.max(0, delayMs + errorMs), () => {
      if (ring === null) return nothing;
      const due = ring;
      end();
      return due();
    });
    return end;
  }

  /** What the tracker is given. */
  get runtime() {
    const after = (delayMs, callback) => ({ cancel: this.#after(delayMs, callback) });
    return {
      nowMs: () => this.#world.wallMs,
      monotonicMs: () => this.#world.nowMs,
      after,
      holdFor: after,
      afterPoll: (callback) => this.in(2 * pollMs, callback),
      random: () => this.#chance.next(),
      id: () => {
        this.#ids += 1;
        return `00000000-0000-7000-8000-${hex(this.pid, 4)}${hex(this.#ids, 8)}`;
      },
    };
  }

  /** What a journal is given. */
  get journalRuntime() {
    return (this.#journalRuntime ??= this.#createJournalRuntime());
  }

  #journalRuntime;

  #createJournalRuntime() {
    return {
      nowMs: () => this.#world.wallMs,
      setTimer: (run, delayMs) => this.#after(delayMs, run),
      randomUint32: () => this.#chance.uint32(),
      processes: {
        self: () => this.owner,
        fate: (owner) => (this.#living.has(owner.pid) ? "alive" : "dead"),
      },
    };
  }
}

function hex(number, digits) {
  return number.toString(16).padStart(digits, "0");
}
