/**
 * A destination of the simulation: a collector that keeps each id once, behind a network. How it behaves is its
 * conduct, which the run changes; each request meets a fate on its way, too.
 */
import { Transport } from "./connections.mjs";
import { createPlainEncoder, readRequest } from "./wire.mjs";

const second = 1000;
/** Longer than some runs wait for an answer, and shorter than others. */
const lateMs = 1500;

/** What each conduct answers with where it does not keep the events. */
const statuses = { failing: 500, unavailable: 503, limiting: 429, refusing: 401, forbidding: 403, redirecting: 307 };
export const conducts = ["healthy", "slow", "flaky", "down", "silent", "lossy", "tight", ...Object.keys(statuses)];

export class Destination {
  name;
  limits;
  #world;
  #chance;
  #wire;
  #encoder;
  #witness;
  #createHttpTransport;
  #conduct = "healthy";
  #maxEvents = Infinity;
  #maxBytes = Infinity;
  /** What is kept, by the number of the event. */
  kept = new Map();

  constructor(world, { name, wire, limits, encoder, createHttpTransport, witness }) {
    this.name = name;
    this.limits = limits;
    this.#world = world;
    this.#chance = world.chance.fork();
    this.#wire = wire;
    this.#encoder = { ...(wire === "plain" ? createPlainEncoder() : encoder), limits };
    this.#witness = witness;
    this.#createHttpTransport = createHttpTransport;
  }

  forkChance() {
    return this.#chance.fork();
  }

  behave(conduct) {
    this.#world.note(`${this.name} is ${conduct}`);
    this.#conduct = conduct;
    this.#maxEvents = conduct === "tight" && this.#chance.is(0.5) ? this.#chance.int(0, 4) : Infinity;
    this.#maxBytes = conduct === "tight" ? this.#chance.int(300, 4000) : Infinity;
  }

  /** What a tracker in `process` is given. */
  openFor(process) {
    return {
      name: this.name,
      encoder: this.#encoder,
      openTransport: ({ timeoutMs }) => {
        const post = this.#witness.post(process, this);
        return new Transport(this, { createHttpTransport: this.#createHttpTransport, process, timeoutMs, post });
      },
    };
  }

  /**
   * One request on its way. `answer` is called once when the process reads what has come, `arrived` when it is there to be
   * read; neither if nothing comes, or the process is dead by then.
   */
  carry(request, { process, answer, arrived }) {
    const conduct = this.#conduct === "flaky" ? this.#chance.pick(conducts) : this.#conduct;
    const upMs = conduct === "slow" ? this.#chance.spread(50, 20_000) : this.#chance.spread(0.2, 40);
    const fate = this.#fateOf(conduct);
    if (fate === "refused") return process.receive(upMs, () => answer({ error: "ECONNREFUSED" }));
    if (fate === "vanishes") return undefined;
    if (fate === "cut") return process.receive(upMs, () => answer({ error: "ECONNRESET" }));
    // What is on its way arrives whether or not its sender lives.
    return this.#world.in(fate === "late" ? upMs + lateMs : upMs, () => {
      const response = this.#process(request, conduct);
      const downMs = this.#chance.spread(0.2, 40);
      if (fate === "unanswered") return;
      if (fate === "cut after") process.receive(downMs, () => answer({ error: "ECONNRESET" }));
      else process.receive(downMs, () => answer({ response }), arrived);
    });
  }

  #fateOf(conduct) {
    switch (conduct) {
      case "down":
        return "refused";
      case "silent":
        return this.#chance.pick(["vanishes", "unanswered", "late"]);
      case "lossy":
        return this.#chance.pick(["cut", "cut after", "arrives"]);
      default:
        return this.#chance.is(0.01) ? this.#chance.pick(["cut", "cut after", "late", "unanswered"]) : "arrives";
    }
  }

  #process(request, conduct) {
    const status = statuses[conduct];
    if (status !== undefined) return respond(status, this.#retryAfter(status));
    const isTooLarge = request.bytes > this.#maxBytes || request.events.length > this.#maxEvents;
    if (isTooLarge) return respond(413);
    const poisonous = request.events.filter(({ n }) => this.#witness.isPoisonous(n));
    if (this.#wire === "plain") return this.#judgeEach(request, new Set(poisonous));
    if (poisonous.length > 0) return respond(400);
    for (const event of request.events) this.#keep(event);
    return respond(this.#chance.pick([200, 200, 204]));
  }

  #judgeEach({ events }, poisonous) {
    const rejected = [];
    const retry = [];
    // One that keeps users' events in order puts off all that follow the first it has no room for.
    const kept = this.#chance.is(0.1) ? this.#chance.int(0, events.length) : events.length;
    for (const [index, event] of events.entries()) {
      if (index >= kept) retry.push(index);
      else if (poisonous.has(event)) rejected.push({ index, reason: "poison" });
      else this.#keep(event);
    }
    if (rejected.length + retry.length === 0) return respond(200);
    return respond(207, {}, JSON.stringify({ rejected, retry }));
  }

  #keep({ n, id, fields }) {
    const known = this.kept.get(n);
    if (known === undefined) {
      this.kept.set(n, { id, fields });
      this.#witness.keptFirst(this, n, id);
      return;
    }
    if (known.id !== id) this.#world.violate(`event ${n} came to ${this.name} as ${known.id} and as ${id}`);
    if (JSON.stringify(known.fields) !== JSON.stringify(fields))
      this.#world.violate(`event ${n} came to ${this.name} with other content than before`);
  }

  #retryAfter(status) {
    if (status !== 429 && status !== 503) return {};
    const seconds = this.#chance.pick([0, 1, 2, 5, 30, 120]);
    const form = this.#chance.weighted({ none: 2, seconds: 4, date: this.#wire === "plain" ? 0 : 3, garbage: 1 });
    switch (form) {
      case "seconds":
        return { "retry-after": String(seconds) };
      case "date": {
        // The server's clock is its own: only the difference to its Date header counts.
        const serverMs = this.#world.wallMs + this.#chance.int(-2, 2) * 3_600_000;
        return { date: httpDate(serverMs), "retry-after": httpDate(serverMs + seconds * second) };
      }
      case "garbage":
        return this.#wire === "plain" ? {} : { "retry-after": this.#chance.pick(["soon", "-5", "1.5", "1e3"]) };
      default:
        return {};
    }
  }

  read(wire) {
    return { events: readRequest(this.#wire, wire.body), bytes: wire.body.byteLength };
  }
}

function respond(status, headers = {}, body = "") {
  return { status, headers, body: new TextEncoder().encode(body) };
}

function httpDate(ms) {
  return new Date(ms).toUTCString();
}

/** How long an answer asks us to stay away; null where it names no time. Written apart from the code under test. */
export function waitAskedFor({ status, headers }) {
  const header = headers["retry-after"];
  if ((status !== 429 && status !== 503) || header === undefined) return null;
  if (/^[0-9]+$/.test(header)) return Number(header) * second;
  const at = Date.parse(header);
  if (!header.endsWith("GMT") || Number.isNaN(at)) return null;
  return Math.max(0, at - Date.parse(headers.date));
}
