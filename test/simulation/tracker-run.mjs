/**
 * A run of the tracker: processes track, flush, close, freeze and are killed, against destinations that fail in every
 * way; with a spool, on a disk that does, too, and two processes at a time. The witness checks each request, answer and
 * report, each member its books, `flush` and `close`. Here is checked that all is well in the end: everything ended, no
 * timer is set, and nothing that was durable is lost.
 */
import { conducts, Destination } from "./destination.mjs";
import { Disk } from "./disk.mjs";
import { Member } from "./member.mjs";
import { Witness } from "./witness.mjs";

const hourMs = 3_600_000;
/** The last record of a file that is sure to be whole lies in this many of its last bytes: what follows may be torn. */
const maxTailBytes = 5000;
const limits = { maxEventBytes: 2000, maxBatchEvents: 20, maxBatchBytes: 6000 };

export async function runTracker(world, subject, steps) {
  await runSteps(new TrackerRun(world, subject, null), { world, steps });
}

export async function runSpool(world, subject, steps) {
  const { chance } = world;
  const isFaulty = chance.is(0.6);
  const disk = new Disk(world, subject, {
    faultRate: isFaulty ? chance.pick([0, 0.002, 0.01]) : 0,
    shortRate: chance.pick([0, 0.03]),
  });
  await runSteps(new TrackerRun(world, subject, { disk, isFaulty, mayRot: chance.is(0.3) }), { world, steps });
}

async function runSteps(run, { world, steps }) {
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
  /** Null where events are kept in memory alone. */
  #spool;
  #living = new Set();
  #pids = 0;
  #isInexact;
  /** The processes that live, and those whose tracker is closed. */
  #members = [];
  #happenings = 0;
  #booksEvery;

  constructor(world, subject, spool) {
    const { chance } = world;
    this.#world = world;
    this.#subject = subject;
    this.#spool = spool;
    this.#options = chooseOptions(chance);
    this.#isInexact = chance.is(0.5);
    this.#booksEvery = chance.is(0.1) ? 3 : 60;
    this.#witness = new Witness(world, { ...this.#options, hasSpool: spool !== null, living: this.#living });
    const wires = chance.pick([["rudderstack"], ["plain"], ["rudderstack", "plain"], ["plain", "rudderstack"]]);
    this.#destinations = wires.map((wire, index) => this.#createDestination(wire, "AB"[index]));
    this.#chance = chance.fork();
  }

  #createDestination(wire, name) {
    const encoder = this.#subject.createRudderStackEncoder({ writeKey: "key" });
    const { createHttpTransport } = this.#subject;
    return new Destination(this.#world, { name, wire, limits, encoder, createHttpTransport, witness: this.#witness });
  }

  start() {
    this.#begin();
    return this.#pass(1);
  }

  async step() {
    const hasSpool = this.#spool !== null;
    const action = this.#chance.weighted({
      track: 40,
      wait: 30,
      behave: 8,
      flush: 4,
      enter: this.#options.overflow === "wait" ? 4 : 0,
      freeze: 1,
      jump: 1,
      close: 0.7,
      kill: hasSpool ? 2 : 1,
      join: hasSpool ? 1 : 0,
      cutPower: hasSpool ? 1 : 0,
      failDisk: this.#spool?.isFaulty ? 1 : 0,
      healDisk: this.#spool?.isFaulty ? 3 : 0,
      rot: this.#spool?.mayRot ? 0.7 : 0,
    });
    await this[`_${action}`]();
  }

  #begin() {
    this.#pids += 1;
    const member = new Member(this.#world, {
      pid: this.#pids,
      living: this.#living,
      isInexact: this.#isInexact,
      createTracker: this.#subject.createTracker,
      options: this.#options,
      disk: this.#spool?.disk ?? null,
      destinations: this.#destinations,
      witness: this.#witness,
    });
    this.#members.push(member);
    return member;
  }

  #member() {
    return this.#chance.pick(this.#members);
  }

  _track() {
    const most = this.#chance.is(0.03) ? 40 : 3;
    const member = this.#member();
    for (let count = this.#chance.int(1, most); count > 0; count -= 1) this.#track(member);
    return this.#pass(this.#chance.next() * 5);
  }

  #track(member) {
    const flaw = this.#chance.is(0.02) ? this.#chance.pick(["invalid", "too-large"]) : null;
    member.track({
      flaw,
      isPoisonous: flaw === null && this.#chance.is(0.03),
      user: `u${this.#chance.int(1, 5)}`,
      bytes: flaw === "too-large" ? 2500 : this.#chance.int(0, this.#chance.is(0.1) ? 900 : 100),
    });
  }

  _wait() {
    // Who asks a dead destination twice a second asks it often in an hour.
    const longest = this.#options.retryCapMs > 1000 && this.#spool === null ? 2 * hourMs : 10_000;
    const most = this.#chance.weighted({ 50: 10, 3000: 6, [longest]: 0.5 });
    return this.#pass(this.#chance.spread(0.1, Number(most)));
  }

  _behave() {
    const conduct = this.#chance.is(0.4) ? "healthy" : this.#chance.pick(conducts);
    this.#chance.pick(this.#destinations).behave(conduct);
    return this.#pass(this.#chance.next() * 5);
  }

  _flush() {
    this.#member().flush(this.#chance.pick([0, 50, 5000, 60_000]));
    return this.#pass(this.#chance.next() * 20);
  }

  async _close() {
    const member = this.#member();
    if (!member.isClosed) member.close(this.#chance.pick([0, 100, 10_000]));
    else if (member.isAtEnd) return this.#replace(member);
    await this.#pass(this.#chance.spread(1, 20_000));
  }

  async _enter() {
    const member = this.#member();
    member.enter(() => this.#track(member));
    await this.#pass(this.#chance.next() * 5);
  }

  async _freeze() {
    const durationMs = this.#chance.spread(10, this.#spool === null ? 60_000 : 20_000);
    const member = this.#member();
    this.#world.note(`${member.name} is frozen for ${Math.round(durationMs)} ms`);
    member.process.freeze(durationMs);
    // A frozen process tracks nothing, and we call no other meanwhile.
    await this.#pass(durationMs + this.#chance.next() * 10);
  }

  _jump() {
    // Whose lock nobody can read is held as long as it is renewed, which a clock that jumps cannot tell.
    if (this.#spool?.disk.hasNamelessLock) return undefined;
    const deltaMs = this.#chance.pick([-1, 1]) * this.#chance.spread(1000, 10 * 365 * 24 * hourMs);
    this.#world.note(`the wall clock jumps by ${Math.round(deltaMs)} ms`);
    this.#world.wallOffsetMs += deltaMs;
    this.#witness.hasClockJumped = true;
    return this.#pass(1);
  }

  _kill() {
    return this.#replace(this.#member());
  }

  /** A second process on the same spool. */
  _join() {
    if (this.#members.length < 2) this.#begin();
    return this.#pass(1);
  }

  #replace(member) {
    member.kill();
    this.#members = this.#members.filter((other) => other !== member);
    if (this.#members.length === 0 || this.#chance.is(0.5)) this.#begin();
    return this.#pass(this.#chance.spread(0.1, 50));
  }

  _cutPower() {
    this.#stopMachine();
    return this.#startMachine();
  }

  /** Of a folder in use nobody can say what its process has in memory: the bit turns while the machine is off. */
  _rot() {
    this.#stopMachine();
    const bit = this.#spool.disk.rot((candidate) => candidate.endsWith(".log"));
    if (bit !== null) {
      const destination = this.#destinations.find(({ name }) => bit.path.includes(`/${name}/`));
      this.#witness.rotted(destination, { mayBeLastRecord: bit.bytesToEnd <= maxTailBytes });
    }
    return this.#startMachine();
  }

  #stopMachine() {
    for (const member of this.#members) member.kill();
    this.#members = [];
    this.#spool.disk.cutPower();
    this.#witness.powerCuts += 1;
  }

  #startMachine() {
    this.#begin();
    return this.#pass(this.#chance.spread(0.1, 50));
  }

  _failDisk() {
    this.#spool.disk.fail(this.#chance.pick(["ENOSPC", "EROFS", "EIO"]));
    return this.#pass(this.#chance.spread(1, 3000));
  }

  _healDisk() {
    this.#spool.disk.heal();
    return this.#pass(this.#chance.spread(1, 3000));
  }

  /** From now on all goes well: whatever is pending must end, and all that was set in motion come to rest. */
  async finish() {
    this.#world.note("all is well from here on");
    this.#mend();
    await this.#settleDown();
    if (this.#world.isViolated) return;
    this.#witness.checkLosses(this.#destinations, { isFaulty: this.#spool?.isFaulty ?? false });
    for (const member of this.#members) if (!member.isClosed) member.close(1000);
    await this.#pass(5000);
    for (const member of this.#members) member.checkEnd();
    if (this.#spool !== null && !this.#world.isViolated) await this.#checkNothingLeft();
  }

  #mend() {
    this.#spool?.disk.healForEver();
    // A lock whose content was lost is judged by the clock, and counts for up to an hour if that was put back.
    // Whose own lock has none must not see that.
    const isNameless = this.#witness.hasClockJumped && (this.#spool?.disk.hasNamelessLock ?? false);
    for (const destination of this.#destinations) destination.behave("healthy");
    const isDone = (member) => this.#spool !== null && (member.isClosed || isNameless);
    for (const member of this.#members.filter(isDone)) member.kill();
    this.#members = this.#members.filter((member) => !isDone(member));
    if (this.#witness.hasClockJumped) this.#world.wallOffsetMs += hourMs;
    if (this.#members.length === 0) this.#begin();
  }

  async #settleDown() {
    // With a spool, what dead processes left is found after a while. Then the longest wait that a destination may have
    // asked for, and the growing ones of our own.
    await this.#pass(this.#spool === null ? 1000 : 20_000);
    const partMs = 10_000;
    for (let waitedMs = 0; waitedMs < 4 * hourMs; waitedMs += partMs) {
      if (this.#members.every((member) => member.isAtRest)) return;
      await this.#pass(partMs);
    }
    if (this.#members.every((member) => member.isAtRest)) return;
    for (const member of this.#members) this.#world.note(`${member.name} has ${member.shown}`);
    this.#world.violate("what is pending does not end though all is well");
  }

  /** What has ended and was closed in good order is not found again. */
  async #checkNothingLeft() {
    for (const member of this.#members) member.kill();
    const member = this.#begin();
    await this.#pass(6000);
    if (member.recovered > 0) this.#world.violate(`${member.recovered} events that had ended came back`);
    member.kill();
  }

  #pass(durationMs) {
    return this.#world.pass(durationMs, () => this.#check());
  }

  /** After everything that happens; the books are looked into less often, except in some runs. */
  #check() {
    this.#happenings += 1;
    const checksBooks = this.#happenings % this.#booksEvery === 0;
    for (const member of this.#members) {
      member.checkWaits();
      if (checksBooks) member.checkBooks();
    }
  }
}
