/** One process with its tracker, as the run uses it, and the checks of what the tracker says of itself. */
import { SimulatedProcess } from "./process.mjs";

const reportKinds = ["delivered", "rejected", "dropped", "retrying", "paused", "resumed"];
const spoolDirectory = "/spool";

export class Member {
  process;
  /** `close` was called; it has resolved. */
  isClosed = false;
  isAtEnd = false;
  #world;
  #options;
  #disk;
  #witness;
  #tracker;
  /** What passes between this process and each destination, by the destination's name. */
  #postOf;
  /** Calls of flush and close that have not resolved: what they wait for, and until when. */
  #waits = new Set();
  /** Those that have, since things last came to rest. */
  #resolved = [];
  #entrances = 0;

  constructor(world, { pid, living, isInexact, createTracker, options, disk, destinations, witness }) {
    this.#world = world;
    this.#options = options;
    this.#disk = disk;
    this.#witness = witness;
    const process = new SimulatedProcess(world, { pid, living, isInexact });
    this.process = process;
    this.#postOf = new Map(destinations.map((each) => [each.name, witness.post(process, each)]));
    const spool = disk === null ? null : spoolOf(process, disk);
    this.#tracker = createTracker({
      ...options,
      spool,
      destinations: destinations.map((destination) => destination.openFor(process)),
      runtime: process.runtime,
    });
    for (const kind of reportKinds) this.#tracker.on(kind, (report) => this.#told(report));
    for (const post of this.#posts) post.isFull = () => this.#isFull(post);
    world.note(`${this.name} starts`);
  }

  get name() {
    return `p${this.process.pid}`;
  }

  get #posts() {
    return [...this.#postOf.values()];
  }

  /** Events of dead processes that this one has taken over. */
  get recovered() {
    return this.#posts.reduce((sum, post) => sum + post.recovered, 0);
  }

  get isAtRest() {
    const stats = this.#tracker.stats();
    const unread = Object.values(stats.destinations).reduce((sum, each) => sum + (each.unreadEvents ?? 0), 0);
    return stats.pending === 0 && unread === 0 && this.#entrances === 0;
  }

  /** For whoever reads the trace. */
  get shown() {
    return JSON.stringify(this.#tracker.stats().destinations);
  }

  #told(report) {
    this.#postOf.get(report.destination).told(report);
  }

  /** Whether one more event of any size the run tracks may have found no room. */
  #isFull(post) {
    const { maxQueueBytes, maxQueueEvents } = this.#options;
    if (post.pending >= maxQueueEvents - 1) return true;
    const { queuedBytes, pending, unreadEvents = 0 } = this.#tracker.stats().destinations[post.destination.name];
    return unreadEvents > 0 || pending >= maxQueueEvents - 1 || queuedBytes > maxQueueBytes - 4000;
  }

  track({ flaw, isPoisonous, user, bytes }) {
    const call = { process: this.process, posts: this.#posts, user, flaw, isPoisonous };
    const { event, handle } = this.#witness.track(call, (n) =>
      this.#tracker.track({
        userId: flaw === "invalid" ? undefined : user,
        event: "Step",
        properties: { n, pad: "x".repeat(bytes) },
      }),
    );
    this.#world.note(`${this.name} tracks ${event.n} of ${user} ${flaw ?? ""}`);
    if (event.n % 3 === 0) void this.#watch(event, handle);
    void this.#watchDurable(event, handle);
  }

  /** The promises of a handle say what the reports said. */
  async #watch(event, handle) {
    const { delivered, destinations } = await handle.delivered;
    const kinds = this.#posts.map(({ destination }) => destinations[destination.name]?.kind);
    for (const [index, post] of this.#posts.entries()) {
      const isOpen = kinds[index] === "kept" || kinds[index] === "forgotten";
      if (isOpen) continue;
      if (!post.ended.has(event.n)) this.#violate(`the handle of ${event.n} knows an end that was not told`);
      if (post.gaveUp.has(event.n) === (kinds[index] === "delivered")) {
        this.#violate(`the handle of ${event.n} and the reports differ`);
      }
    }
    if (delivered !== kinds.every((kind) => kind === "delivered")) {
      this.#violate(`the handle of ${event.n} says delivered: ${delivered} of ${kinds.join(", ")}`);
    }
  }

  async #watchDurable(event, handle) {
    event.isDurable = await handle.durable;
    event.isDecided = true;
    if (event.isDurable) this.#world.note(`${event.n} is durable`);
    const isAtCollector = this.#posts.every((post) => post.ended.has(event.n) && !post.gaveUp.has(event.n));
    if (event.isDurable && this.#disk === null && !isAtCollector)
      this.#violate(`${event.n} is durable in memory alone`);
  }

  flush(timeoutMs) {
    void this.#await("flush", timeoutMs, () => this.#tracker.flush({ timeoutMs }));
  }

  close(timeoutMs) {
    this.isClosed = true;
    for (const post of this.#posts) post.isClosing = true;
    void this.#await("close", timeoutMs, () => this.#tracker.close({ timeoutMs }));
  }

  /** Calls flush or close, to be checked when it resolves: not before what it waits for has ended or time is up. */
  async #await(what, timeoutMs, call) {
    const waited = this.#witness.events.filter((event) => event.pid === this.process.pid);
    const open = this.#posts.flatMap((post) =>
      waited.filter(({ n }) => !post.ended.has(n)).map((event) => ({ post, event })),
    );
    const wait = { what, open, untilMs: this.#world.nowMs + timeoutMs };
    this.#world.note(`${this.name} ${what} within ${timeoutMs} ms, ${open.length} open`);
    this.#waits.add(wait);
    const { pending } = await call();
    this.#waits.delete(wait);
    this.#resolved.push({ ...wait, pending });
    this.#world.note(`${this.name} ${what} resolved, ${pending} pending`);
    if (what === "close") this.isAtEnd = true;
  }

  /** Waits until it may track; `act` does. */
  enter(act) {
    this.#entrances += 1;
    const enter = async () => {
      await this.#tracker.ready();
      this.#entrances -= 1;
      act();
    };
    void enter();
  }

  kill() {
    this.#world.note(`${this.name} is killed`);
    this.process.kill();
    this.#disk?.openFiles.delete(this.process.pid);
  }

  checkWaits() {
    if (this.#resolved.length > 0) for (const wait of this.#resolved.splice(0)) this.#checkResolved(wait);
    for (const wait of this.#waits) {
      const latestMs = Math.max(wait.untilMs, this.process.thawsAtMs) + this.#patienceMs(wait);
      const isDue = this.#world.nowMs > latestMs || (this.#disk === null && isOver(wait));
      if (isDue) this.#violate(`${wait.what} does not resolve though it is due`);
    }
    if (this.isAtEnd && this.process.timers > 0) this.#violate(`${this.process.timers} timers are set after close`);
  }

  /** To close the files takes as long as the disk does. */
  #patienceMs({ what }) {
    return what === "close" && this.#disk !== null ? 10_000 : 5;
  }

  #checkResolved(wait) {
    const isEarly = this.#world.nowMs < wait.untilMs - 1;
    if (isEarly && !isOver(wait)) this.#violate(`${wait.what} resolved before what it waited for had ended`);
    if (wait.what !== "close") return;
    // An event that ended at one destination is not durable as a whole, whatever another one has on disk.
    const hasEnded = ({ n }) => this.#posts.some((post) => post.ended.has(n));
    const left = wait.open.filter(({ event }) => !hasEnded(event) && !event.isDurable);
    if (left.length > 0) this.#violate(`${left.length} events are neither ended nor on disk after close`);
  }

  checkBooks() {
    const stats = this.#tracker.stats();
    for (const post of this.#posts) this.#checkDestination(post, stats.destinations[post.destination.name]);
    const pending = this.#posts.reduce((sum, post) => sum + post.pending, 0);
    if (stats.pending !== pending) this.#violate(`${stats.pending} are pending in sum, ${pending} were seen`);
  }

  #checkDestination(post, stats) {
    post.check(stats);
    const { maxQueueBytes, maxInFlight } = this.#options;
    // What cannot be written after all goes back into memory, as much as was on its way to the disk.
    const most = this.#disk === null ? maxQueueBytes : 2 * maxQueueBytes;
    if (stats.queuedBytes > most) this.#violate(`${stats.queuedBytes} bytes are queued`);
    if (stats.queuedBytes < 0) this.#violate(`${stats.queuedBytes} bytes are queued`);
    if (stats.requestsInFlight > maxInFlight) this.#violate(`${stats.requestsInFlight} requests are in flight`);
  }

  checkEnd() {
    if (this.process.timers > 0) this.#violate(`${this.process.timers} timers are set in the end`);
    for (const { what } of this.#waits) this.#violate(`${what} never resolves`);
    if (this.#entrances > 0) this.#violate("nobody lets those in who wait to be let in");
    const files = this.#disk?.openFiles.get(this.process.pid) ?? 0;
    if (files > 0) this.#violate(`${files} files are open in the end`);
  }

  #violate(text) {
    this.#world.violate(`${this.name}: ${text}`);
  }
}

function spoolOf(process, disk) {
  return { directory: spoolDirectory, journal: { files: disk.filesOf(process), runtime: process.journalRuntime } };
}

/** Whether everything that is waited for has ended, or is known to be on disk or not to come there. */
function isOver({ open }) {
  return open.every(({ post, event }) => post.ended.has(event.n) || event.isDecided);
}
