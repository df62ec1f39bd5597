/**
 * A run of the tracker: processes track, flush, close, freeze and are killed, against destinations that fail in every
 * way. The witness checks each request, answer and report; here the books, `flush` and `close` are checked, and that
 * all is well in the end: everything ended, no timer set, nothing lost.
 */
import { conducts, Destination } from "./destination.mjs";
import { SimulatedProcess } from "./process.mjs";
import { Witness } from "./witness.mjs";

const hourMs = 3_600_000;
const limits = { maxEventBytes: 2000, maxBatchEvents: 20, maxBatchBytes: 6000 };

export async function runTracker(world, subject, steps) {
  const run = new TrackerRun(world, subject);
  await run.start();
  for (let step = 0; step < steps && !world.isViolated; step += 1) await run.step();
  if (!world.isViolated) await run.finish();
}

function chooseOptions(chance) {
  return {
    overflow: chance.pick(["drop-newest", "drop-newest", "drop-oldest", "wait"]),
    maxQueueBytes: 65_536,
    maxQueueEvents: chance.pick([1_000_000, 1_000_000, 60, 10]),
    flushIntervalMs: chance.pick([0, 10, 200, 1000]),
    maxBatchEvents: chance.pick([1, 3, 8, 500]),
    maxInFlight: chance.pick([1, 2, 4, 8]),
    maxEventAgeMs: chance.pick([604_800_000, 604_800_000, 2 * hourMs, 20_000]),
    requestTimeoutMs: chance.pick([100, 1000, 15_000]),
    retryBaseMs: chance.pick([10, 500]),
    retryCapMs: chance.pick([500, 30_000]),
    pauseBaseMs: chance.pick([1000, 10_000]),
    pauseCapMs: chance.pick([10_000, 600_000]),
  };
}

class TrackerRun {
  #world;
  #chance;
  #subject;
  #options;
  #witness;
  #destinations;
  #living = new Set();
  #pids = 0;
  #isInexact;
  /** The process that tracks; those before it are dead. */
  #process = null;
  #tracker = null;
  /** `close` was called; it has resolved. */
  #isClosed = false;
  #isAtEnd = false;
  /** Calls of flush and close that have not resolved: what they wait for, and until when. */
  #waits = new Set();
  #entrances = 0;
  #happenings = 0;
  #booksEvery;

  constructor(world, subject) {
    const { chance } = world;
    this.#world = world;
    this.#subject = subject;
    this.#options = chooseOptions(chance);
    this.#isInexact = chance.is(0.5);
    this.#booksEvery = chance.pick([1, 10, 10, 10]);
    this.#witness = new Witness(world, this.#options);
    const wires = chance.pick([["rudderstack"], ["plain"], ["rudderstack", "plain"], ["plain", "rudderstack"]]);
    this.#destinations = wires.map((wire, index) => this.#createDestination(wire, "AB"[index]));
    this.#chance = chance.fork();
  }

  #createDestination(wire, name) {
    const encoder = this.#subject.createRudderStackEncoder({ writeKey: "key" });
    return new Destination(this.#world, { name, wire, limits, encoder, witness: this.#witness });
  }

  start() {
    this.#begin();
    return this.#pass(1);
  }

  async step() {
    const action = this.#chance.weighted({
      track: 40,
      wait: 30,
      behave: 8,
      flush: 4,
      enter: this.#options.overflow === "wait" ? 4 : 0,
      freeze: 1,
      jump: 1,
      close: 0.7,
      kill: 1,
    });
    await this[`_${action}`]();
    this.#checkBooks();
  }

  #begin() {
    this.#pids += 1;
    const process = new SimulatedProcess(this.#world, {
      pid: this.#pids,
      living: this.#living,
      isInexact: this.#isInexact,
    });
    const destinations = this.#destinations.map((destination) => destination.openFor(process));
    const tracker = this.#subject.createTracker({ ...this.#options, destinations, runtime: process.runtime });
    this.#process = process;
    this.#tracker = tracker;
    this.#isClosed = false;
    this.#isAtEnd = false;
    for (const kind of ["delivered", "rejected", "dropped", "retrying", "paused", "resumed"]) {
      tracker.on(kind, (report) => this.#post(report.destination, process).told(report));
    }
    for (const { name } of this.#destinations) {
      this.#post(name, process).isFull = () => isFull(tracker.stats().destinations[name], this.#options);
    }
    this.#world.note(`p${process.pid} starts`);
  }

  #post(name, process = this.#process) {
    return this.#witness.post(
      process,
      this.#destinations.find((each) => each.name === name),
    );
  }

  _track() {
    const most = this.#chance.is(0.03) ? 40 : 3;
    for (let count = this.#chance.int(1, most); count > 0; count -= 1) this.#track();
    return this.#pass(this.#chance.next() * 5);
  }

  #track() {
    const flaw = this.#chance.is(0.02) ? this.#chance.pick(["invalid", "too-large"]) : null;
    const isPoisonous = flaw === null && this.#chance.is(0.03);
    const user = `u${this.#chance.int(1, 5)}`;
    const bytes = flaw === "too-large" ? 2500 : this.#chance.int(0, this.#chance.is(0.1) ? 900 : 100);
    const call = { process: this.#process, destinations: this.#destinations, user, flaw, isPoisonous };
    const { event, handle } = this.#witness.track(call, (n) =>
      this.#tracker.track({
        userId: flaw === "invalid" ? undefined : user,
        event: "Step",
        properties: { n, pad: "x".repeat(bytes) },
      }),
    );
    this.#world.note(`p${this.#process.pid} tracks ${event.n} of ${user} ${flaw ?? ""}`);
    if (this.#chance.is(0.3)) void this.#watch(event, handle);
  }

  /** The promises of a handle say what the reports said. */
  async #watch(event, handle) {
    const process = this.#process;
    const posts = this.#destinations.map(({ name }) => this.#post(name, process));
    const { delivered, destinations } = await handle.delivered;
    const kinds = posts.map(({ destination }) => destinations[destination.name]?.kind);
    for (const [index, post] of posts.entries()) {
      if (kinds[index] === "kept") continue;
      if (!post.ended.has(event.n)) this.#world.violate(`the handle of ${event.n} knows an end that was not told`);
      if (post.gaveUp.has(event.n) === (kinds[index] === "delivered")) {
        this.#world.violate(`the handle of ${event.n} and the reports differ`);
      }
    }
    if (delivered !== kinds.every((kind) => kind === "delivered")) {
      this.#world.violate(`the handle of ${event.n} says delivered: ${delivered} of ${kinds.join(", ")}`);
    }
  }

  _wait() {
    // Who asks a dead destination twice a second asks it often in an hour.
    const longest = this.#options.retryCapMs > 1000 ? 2 * hourMs : 30_000;
    const most = this.#chance.weighted({ 50: 10, 3000: 6, [longest]: 0.5 });
    return this.#pass(this.#chance.spread(0.1, Number(most)));
  }

  _behave() {
    const conduct = this.#chance.is(0.4) ? "healthy" : this.#chance.pick(conducts);
    this.#chance.pick(this.#destinations).behave(conduct);
    return this.#pass(this.#chance.next() * 5);
  }

  _flush() {
    const timeoutMs = this.#chance.pick([0, 50, 5000, 60_000]);
    void this.#await("flush", timeoutMs, () => this.#tracker.flush({ timeoutMs }));
    return this.#pass(this.#chance.next() * 20);
  }

  _close() {
    if (this.#isClosed) return this.#restart();
    const timeoutMs = this.#chance.pick([0, 100, 10_000]);
    this.#close(timeoutMs);
    return this.#pass(this.#chance.spread(1, 20_000));
  }

  #close(timeoutMs) {
    this.#isClosed = true;
    for (const { name } of this.#destinations) this.#post(name).isClosing = true;
    void this.#await("close", timeoutMs, () => this.#tracker.close({ timeoutMs }));
  }

  /** Calls flush or close, and checks when it resolves: not before what it waits for has ended or time is up. */
  async #await(what, timeoutMs, call) {
    const process = this.#process;
    const posts = this.#destinations.map(({ name }) => this.#post(name));
    const waited = this.#witness.events.filter((event) => event.pid === process.pid);
    const open = posts.flatMap((post) => waited.filter(({ n }) => !post.ended.has(n)).map(({ n }) => ({ post, n })));
    const wait = { what, process, open, untilMs: this.#world.nowMs + timeoutMs };
    this.#world.note(`p${process.pid} ${what} within ${timeoutMs} ms, ${open.length} open`);
    this.#waits.add(wait);
    const stats = await call();
    this.#waits.delete(wait);
    this.#world.note(`p${process.pid} ${what} resolved, ${stats.pending} pending`);
    const isInTime = this.#world.nowMs < wait.untilMs - 1;
    if (isInTime && !isOver(wait)) this.#world.violate(`${what} resolved before what it waited for had ended`);
    const pending = posts.reduce((sum, post) => sum + post.pending, 0);
    if (stats.pending !== pending)
      this.#world.violate(`${what} resolved with ${stats.pending} pending, ${pending} are`);
    if (what !== "close") return;
    this.#isAtEnd = true;
    if (stats.pending > 0) this.#world.violate(`${stats.pending} events are pending after close`);
  }

  async _enter() {
    this.#entrances += 1;
    const process = this.#process;
    const tracker = this.#tracker;
    void tracker.ready().then(() => {
      this.#entrances -= 1;
      if (process === this.#process) this.#track();
      return undefined;
    });
    await this.#pass(this.#chance.next() * 5);
  }

  _freeze() {
    const durationMs = this.#chance.spread(10, 60_000);
    this.#world.note(`p${this.#process.pid} is frozen for ${Math.round(durationMs)} ms`);
    this.#process.freeze(durationMs);
    // A frozen process tracks nothing: the next step comes after the thaw.
    return this.#pass(durationMs + this.#chance.next() * 10);
  }

  _jump() {
    const deltaMs = this.#chance.pick([-1, 1]) * this.#chance.spread(1000, 10 * 365 * 24 * hourMs);
    this.#world.note(`the wall clock jumps by ${Math.round(deltaMs)} ms`);
    this.#world.wallOffsetMs += deltaMs;
    return this.#pass(1);
  }

  _kill() {
    this.#world.note(`p${this.#process.pid} is killed`);
    return this.#restart();
  }

  #restart() {
    this.#process.kill();
    this.#waits.clear();
    this.#entrances = 0;
    this.#begin();
    return this.#pass(1);
  }

  /** From now on all goes well: whatever is pending must end, and all that was set in motion come to rest. */
  async finish() {
    this.#world.note("all is well from here on");
    for (const destination of this.#destinations) destination.behave("healthy");
    // The longest wait that a destination may have asked for, then the growing ones of our own.
    for (const durationMs of [1000, 30_000, hourMs, hourMs, hourMs, hourMs]) {
      if (this.#isAtRest()) break;
      await this.#pass(durationMs);
    }
    if (this.#world.isViolated) return;
    if (!this.#isAtRest()) return this.#world.violate("what is pending does not end though all is well");
    if (this.#entrances > 0) this.#world.violate("nobody lets those in who wait to be let in");
    this.#checkLosses();
    if (!this.#isClosed) this.#close(1000);
    await this.#pass(2000);
    if (this.#process.timers > 0) this.#world.violate(`${this.#process.timers} timers are set in the end`);
    if (this.#waits.size > 0) this.#world.violate(`${[...this.#waits][0].what} never resolves`);
  }

  #isAtRest() {
    return this.#destinations.every(({ name }) => this.#post(name).pending === 0) && this.#entrances === 0;
  }

  /** What was told to be delivered is with the destination. */
  #checkLosses() {
    for (const event of this.#witness.events) {
      for (const destination of this.#destinations) {
        const post = this.#witness.post({ pid: event.pid }, destination);
        const isDelivered = post.ended.has(event.n) && !post.gaveUp.has(event.n);
        if (isDelivered && !destination.kept.has(event.n)) {
          this.#world.violate(`event ${event.n} was delivered, and ${destination.name} has it not`);
        }
      }
    }
  }

  #pass(durationMs) {
    return this.#world.pass(durationMs, () => this.#check());
  }

  /** After everything that happens; the books are looked into less often, except in some runs. */

  #check() {
    this.#happenings += 1;
    if (this.#happenings % this.#booksEvery === 0) this.#checkBooks();
    for (const wait of this.#waits) {
      const latestMs = Math.max(wait.untilMs, wait.process.thawsAtMs) + 5;
      const isDue = isOver(wait) || this.#world.nowMs > latestMs;
      if (isDue) this.#world.violate(`${wait.what} does not resolve though it is due`);
    }
    if (this.#isAtEnd && this.#process.timers > 0)
      this.#world.violate(`${this.#process.timers} timers are set after close`);
  }

  #checkBooks() {
    const stats = this.#tracker.stats();
    for (const { name } of this.#destinations) this.#checkDestination(name, stats.destinations[name]);
  }

  #checkDestination(name, stats) {
    this.#post(name).check(stats);
    const { maxQueueBytes, maxInFlight } = this.#options;
    if (stats.queuedBytes > maxQueueBytes) this.#world.violate(`${stats.queuedBytes} bytes are queued`);
    if (stats.requestsInFlight > maxInFlight) this.#world.violate(`${stats.requestsInFlight} requests are in flight`);
  }
}

function isOver({ open }) {
  return open.every(({ post, n }) => post.ended.has(n));
}

/** Whether one more event of any size the run tracks may have found no room. */
function isFull(stats, { maxQueueBytes, maxQueueEvents }) {
  return stats.pending >= maxQueueEvents - 1 || stats.queuedBytes > maxQueueBytes - 4000;
}
