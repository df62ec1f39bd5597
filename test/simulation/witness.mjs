/**
 * Knows what was tracked, sees every request, answer and report, and holds them against what the tracker promises. It
 * shares no code with it.
 */
import { waitAskedFor } from "./destination.mjs";

/** What one bit that turns over can cost: its record, and where it fakes a place for another one, that. */
const maxRecordsPerBit = 3;
const intact = { bits: 0, lastRecords: 0 };

export class Witness {
  #world;
  #options;
  /** By number. */
  events = [];
  /** Then the age of what an earlier process accepted is anybody's guess. */
  hasClockJumped = false;
  powerCuts = 0;
  #byId = new Map();
  #posts = new Map();
  /** The event whose call is under way: what ends at the call is reported before its id is known. */
  #calling = null;
  /** Bits that turned over, and how many of them in what may be the last record of a file, by destination. */
  #rotten = new Map();
  /** By destination, process and user: the newest event that was kept. */
  #newestKept = new Map();

  #living;

  constructor(world, { living, ...options }) {
    this.#living = living;
    this.#world = world;
    this.#options = options;
  }

  violate(text) {
    this.#world.violate(text);
  }

  get nowMs() {
    return this.#world.nowMs;
  }

  get options() {
    return this.#options;
  }

  note(text) {
    this.#world.note(text);
  }

  /** What passes between one process and one destination. */
  post(process, destination) {
    const key = `${process.pid} ${destination.name}`;
    let post = this.#posts.get(key);
    if (post === undefined) {
      post = new Post(this, { process, destination });
      this.#posts.set(key, post);
    }
    return post;
  }

  /** Calls `track` for an event; `flaw` is null, `invalid` or `too-large`, `poison` makes destinations refuse it. */
  track({ process, posts, user, flaw, isPoisonous }, track) {
    const event = { n: this.events.length, id: null, pid: process.pid, user, flaw, isPoisonous };
    event.trackedAtMs = this.nowMs;
    event.isDurable = false;
    event.isDecided = false;
    this.events.push(event);
    for (const post of posts) post.accepted += 1;
    this.#calling = event;
    const handle = track(event.n);
    this.#calling = null;
    const { id: toldId } = event;
    if (toldId !== null && toldId !== handle.id)
      this.violate(`event ${event.n} was told of by another id than its own`);
    event.id = handle.id;
    this.#byId.set(handle.id, event);
    return { event, handle };
  }

  isCalling(event) {
    return this.#calling === event;
  }

  eventOf(id) {
    const known = this.#byId.get(id);
    if (known !== undefined) return known;
    const calling = this.#calling;
    if (calling === null || calling.id !== null) return null;
    calling.id = id;
    this.#byId.set(id, calling);
    return calling;
  }

  isPoisonous(n) {
    return this.events[n]?.isPoisonous ?? false;
  }

  /** An event has come to a destination for the first time. */
  keptFirst(destination, n, id) {
    const event = this.events[n];
    if (event === undefined) return this.violate(`${destination.name} got event ${n}, which nobody tracked`);
    if (event.id !== id) this.violate(`event ${n} has the id ${event.id} and came to ${destination.name} as ${id}`);
    // A copy that was on its way when its event was given up may come whenever it likes.
    const isOver = this.hasGivenUp(event, destination) || this.isForgotten(event);
    if (isOver || this.#mayBeDamaged(event, destination)) return undefined;
    const key = `${destination.name} ${event.pid} ${event.user}`;
    const newest = this.#newestKept.get(key) ?? -1;
    if (n < newest) this.violate(`${destination.name} got event ${n} of user ${event.user} after ${newest}`);
    this.#newestKept.set(key, Math.max(n, newest));
    return undefined;
  }

  /** A bit has turned over in what a destination's events are kept in. */
  rotted(destination, { mayBeLastRecord }) {
    const { bits, lastRecords } = this.#rotten.get(destination) ?? intact;
    this.#rotten.set(destination, { bits: bits + 1, lastRecords: lastRecords + Number(mayBeLastRecord) });
  }

  /** What was told to be delivered, or durable, is with the destination or was told to have ended otherwise. */
  checkLosses(destinations, { isFaulty }) {
    for (const destination of destinations) {
      const posts = [...this.#posts.values()].filter((post) => post.destination === destination);
      const lost = this.events.filter((event) => this.#isLost(event, destination, posts));
      this.#checkDamage(destination, { lost, told: posts.reduce((sum, post) => sum + post.lost, 0), isFaulty });
    }
  }

  /** Durable, and neither with the destination nor told to have ended. */
  #isLost(event, destination, posts) {
    if (destination.kept.has(event.n) || posts.some((post) => post.gaveUp.has(event.n))) return false;
    const isEnded = posts.some((post) => post.ended.has(event.n));
    if (isEnded) this.violate(`event ${event.n} was delivered, and ${destination.name} has it not`);
    return event.isDurable && !isEnded;
  }

  /** A bit costs the records it touches, and they are counted, but for the last one: that may never have been whole. */
  #checkDamage(destination, { lost, told, isFaulty }) {
    const { name } = destination;
    const { bits, lastRecords } = this.#rotten.get(destination) ?? intact;
    const numbers = lost.map(({ n }) => n).join(", ");
    if (lost.length > told + lastRecords)
      this.violate(`${name} has not got ${numbers}, which were durable; ${told} were told`);
    // A header that is lost takes with it which positions a failing disk left empty. And a power cut may bring back, whole
    // or not, a file that was removed because its events had ended.
    const most = isFaulty ? Infinity : (bits + this.powerCuts) * maxRecordsPerBit;
    if (told > most) this.violate(`${told} events are told as damaged by ${bits} bits`);
  }

  /** It went with the process that tracked it. */
  isForgotten({ isDurable, pid }) {
    return !isDurable && !this.#living.has(pid);
  }

  /** What a dead process left may have been lost and told, though nobody can say that it was this event. */
  #mayBeDamaged({ pid }, destination) {
    return this.#rotten.has(destination) && !this.#living.has(pid);
  }

  hasGivenUp(event, destination) {
    for (const post of this.#posts.values()) {
      if (post.destination === destination && post.gaveUp.has(event.n)) return true;
    }
    return false;
  }
}

class Post {
  destination;
  accepted = 0;
  delivered = 0;
  rejected = 0;
  dropped = 0;
  /** Of these, events that nobody can name. */
  lost = 0;
  /** Events of dead processes that this one has taken over, as the books have it. */
  recovered = 0;
  isClosing = false;
  /** Numbers of events that ended here, and of those among them that were not delivered. */
  ended = new Set();
  gaveUp = new Set();
  #witness;
  #process;
  #inFlight = new Set();
  #acknowledged = new Set();
  #refusedAlone = new Map();
  #notBeforeMs = 0;
  #isHeldBack = false;
  #isPaused = false;
  #answers = 0;

  constructor(witness, { process, destination }) {
    this.destination = destination;
    this.#witness = witness;
    this.#process = process;
  }

  get #name() {
    return `p${this.#process.pid} → ${this.destination.name}`;
  }

  #violate(text) {
    this.#witness.violate(`${this.#name}: ${text}`);
  }

  /** A request leaves. */
  sent(request) {
    const { nowMs } = this.#witness;
    const numbers = request.events.map(({ n }) => n);
    this.#witness.note(`${this.#name} request [${numbers.join(" ")}] ${request.bytes} bytes`);
    if (nowMs < this.#notBeforeMs - 1e-6)
      this.#violate(`a request ${(this.#notBeforeMs - nowMs).toFixed(1)} ms too early`);
    this.#checkSize(request);
    const { maxInFlight } = this.#witness.options;
    if (this.#inFlight.size >= maxInFlight) this.#violate(`more than ${maxInFlight} requests at once`);
    if (this.#isHeldBack && this.#inFlight.size > 0) this.#violate("a second request while the destination fails");
    for (const event of request.events) this.#checkSent(event);
    if (new Set(numbers).size < numbers.length) this.#violate("a request with the same event twice");
    request.answersAtStart = this.#answers;
    this.#inFlight.add(request);
  }

  #checkSize({ events, bytes }) {
    const { maxBatchBytes, maxBatchEvents } = this.destination.limits;
    const most = Math.min(maxBatchEvents, this.#witness.options.maxBatchEvents);
    if (events.length === 0) this.#violate("an empty request");
    if (events.length > most) this.#violate(`${events.length} events in a request that may have ${most}`);
    if (bytes > maxBatchBytes) this.#violate(`${bytes} bytes in a request that may have ${maxBatchBytes}`);
  }

  #checkSent({ n, id }) {
    const event = this.#witness.events[n];
    if (event === undefined) return this.#violate(`event ${n} is sent, which nobody tracked`);
    if (event.id !== id) this.#violate(`event ${n} has the id ${event.id} and is sent as ${id}`);
    if (this.ended.has(n)) this.#violate(`event ${n} is sent after its end was told`);
    for (const other of this.#inFlight) {
      for (const sibling of other.events) {
        if (
          this.#witness.events[sibling.n]?.user === event.user &&
          this.#witness.events[sibling.n]?.pid === event.pid
        ) {
          return this.#violate(`events ${sibling.n} and ${n} of one user are in two requests at once`);
        }
      }
    }
    return undefined;
  }

  /** Whether the transport may say that a request has failed so. */
  checkFailure(reason, { arrivedAtMs, wasStale }, deadlineMs) {
    if (reason === "timeout" && arrivedAtMs <= deadlineMs)
      this.#violate(
        `an answer that was there ${(deadlineMs - arrivedAtMs).toFixed(1)} ms before its time is a timeout`,
      );
    if (reason === "reset" && wasStale) this.#violate("a connection that had been closed before is a failed attempt");
  }

  /** Its answer reaches the process, or that none will come. */
  answered(request, reply) {
    const isCurrent = request.answersAtStart === this.#answers;
    this.#inFlight.delete(request);
    this.#answers += 1;
    const numbers = request.events.map(({ n }) => n).join(" ");
    if (reply.kind === "failed") return this.#witness.note(`${this.#name} [${numbers}] ${reply.reason}`);
    const { status } = reply.response;
    this.#witness.note(`${this.#name} [${numbers}] ${status}`);
    const waitMs = waitAskedFor(reply.response);
    if (waitMs !== null) this.#keepAway(waitMs);
    const isDenied = status === 401 || status === 403 || status === 307;
    if (isDenied && isCurrent) this.#keepAway(this.#witness.options.pauseBaseMs * 0.5 - 1);
    this.#noteVerdict(request, reply.response);
    return undefined;
  }

  #noteVerdict({ events }, { status, body }) {
    if (status === 207) return this.#notePartial(events, JSON.parse(new TextDecoder().decode(body)));
    if (status < 300) for (const { n } of events) this.#acknowledged.add(n);
    if ((status === 400 || status === 413) && events.length === 1) this.#refusedAlone.set(events[0].n, status);
    return undefined;
  }

  #notePartial(events, { rejected, retry }) {
    const refused = new Set(rejected.map(({ index }) => index));
    for (const [index, { n }] of events.entries()) {
      if (refused.has(index)) this.#refusedAlone.set(n, 400);
      else if (!retry.includes(index)) this.#acknowledged.add(n);
    }
  }

  #keepAway(durationMs) {
    this.#notBeforeMs = Math.max(this.#notBeforeMs, this.#witness.nowMs + durationMs);
  }

  /** What the tracker tells. */
  told(report) {
    switch (report.kind) {
      case "retrying":
        this.#isHeldBack = true;
        this.#isPaused = false;
        return this.#keepAway(report.delayMs);
      case "paused":
        if (this.#isPaused) this.#violate("a pause is told twice");
        this.#isPaused = true;
        this.#isHeldBack = true;
        return this.#keepAway(report.delayMs);
      case "resumed":
        this.#isPaused = false;
        this.#isHeldBack = false;
        return undefined;
      default:
        return this.#toldEnd(report);
    }
  }

  #toldEnd(report) {
    if (report.ids.length === 0) return this.#toldLoss(report);
    for (const id of report.ids) {
      const event = this.#witness.eventOf(id);
      if (event === null) return this.#violate(`${report.kind} was told of ${id}, which nobody tracked`);
      this.#witness.note(`${this.#name} ${event.n} ${report.kind} ${report.reason ?? ""}`);
      if (this.ended.has(event.n)) this.#violate(`the end of event ${event.n} was told twice`);
      this.ended.add(event.n);
      this[report.kind] += 1;
      if (report.kind !== "delivered") this.gaveUp.add(event.n);
      const objection = this.#objectionTo(event, report);
      if (objection !== null)
        this.#violate(`event ${event.n} was told ${report.kind} ${report.reason ?? ""} ${objection}`);
    }
    return undefined;
  }

  /** Events of which the disk kept only that there was something. */
  #toldLoss({ events, reason }) {
    this.#witness.note(`${this.#name} lost ${events}: ${reason}`);
    this.dropped += events;
    this.lost += events;
    return undefined;
  }

  #objectionTo(event, { kind, reason }) {
    switch (kind) {
      case "delivered":
        return this.#acknowledged.has(event.n) ? null : "but never acknowledged";
      case "rejected":
        return this.#objectionToRejecting(event, reason);
      default:
        return this.#objectionToDropping(event, reason);
    }
  }

  #objectionToRejecting(event, reason) {
    if (this.#witness.isCalling(event)) return event.flaw === reason ? null : "at the call, and has no such flaw";
    const status = this.#refusedAlone.get(event.n);
    if (status === undefined) return "but never refused alone";
    return (status === 413) === (reason === "too-large") ? null : `when it was answered with ${status}`;
  }

  #objectionToDropping(event, reason) {
    const { maxEventAgeMs } = this.#witness.options;
    switch (reason) {
      case "expired":
        if (event.pid !== this.#process.pid && this.#witness.hasClockJumped) return null;
        return this.#witness.nowMs - event.trackedAtMs > maxEventAgeMs - 2 ? null : "before its time";
      case "closed":
        return this.isClosing ? null : "but the tracker was not closed";
      case "queue-full":
        return this.isFull() ? null : "but there was room";
      default:
        return "for an unknown reason";
    }
  }

  /** Replaced by the run, which knows the tracker. */
  isFull = () => true;

  get pending() {
    return this.accepted + this.recovered - this.delivered - this.rejected - this.dropped;
  }

  /** Whether the books say the same. */
  check(stats) {
    const { accepted, delivered, rejected, dropped, pending } = stats;
    if (accepted !== delivered + rejected + dropped + pending) {
      this.#violate(`the books do not add up: ${accepted} = ${delivered} + ${rejected} + ${dropped} + ${pending}`);
    }
    if (this.#witness.options.hasSpool) this.#noteRecovered(accepted - this.accepted);
    else if (accepted !== this.accepted) this.#violate(`${accepted} are accepted in the books, ${this.accepted} were`);
    for (const count of ["delivered", "rejected", "dropped", "pending"]) {
      if (stats[count] !== this[count])
        this.#violate(`${count} is ${stats[count]} in the books, ${this[count]} were seen`);
    }
  }

  #noteRecovered(recovered) {
    if (recovered < this.recovered)
      this.#violate(`${recovered} were taken over in the books, and ${this.recovered} before`);
    this.recovered = recovered;
  }
}
