/**
 * The connections of one process to one destination, as the HTTP transport under test is given them in place of Node's:
 * kept alive between requests, closed by the other side when it likes, which the process notices a little later, and read
 * when the process has its turn, however long an answer has been there by then.
 */
import { EventEmitter } from "node:events";

const destinationUrl = new URL("http://destination.test");
/** Whoever is told a moment before the deadline may still be too early for a timer that is inexact. */
const slackMs = 1;

/** The transport under test over such connections, with the witness listening. */
export class Transport {
  #connections;
  #http;
  #post;
  #timeoutMs;
  #process;

  constructor(destination, { createHttpTransport, process, timeoutMs, post }) {
    this.#connections = new Connections(destination, process);
    const options = { url: destinationUrl, timeoutMs, maxConnections: 64, gzip: null, runtime: process.runtime };
    this.#http = createHttpTransport(options, this.#connections);
    this.#post = post;
    this.#timeoutMs = timeoutMs;
    this.#process = process;
  }

  async send(wire) {
    const attempt = this.#connections.prepare(wire);
    const deadlineMs = this.#process.nowMs + this.#timeoutMs;
    this.#post.sent(attempt.request);
    const reply = await this.#http.send(wire);
    if (reply.kind === "failed") this.#post.checkFailure(reply.reason, attempt, deadlineMs - slackMs);
    this.#post.answered(attempt.request, reply);
    return reply;
  }

  abort() {
    this.#http.abort();
  }
}

class Connections {
  #destination;
  #process;
  #chance;
  /** Kept alive; the newest last. */
  #idle = [];
  /** By its body: what is being sent, and what became of it. */
  #attempts = new WeakMap();

  constructor(destination, process) {
    this.#destination = destination;
    this.#process = process;
    this.#chance = destination.forkChance();
  }

  prepare(wire) {
    const attempt = { request: this.#destination.read(wire), arrivedAtMs: Infinity, wasStale: false };
    this.#attempts.set(wire.body, attempt);
    return attempt;
  }

  /** What Node's `http.request` returns, as far as the transport looks at it. */
  open() {
    const { nowMs } = this.#process;
    this.#idle = this.#idle.filter(({ noticedAtMs }) => noticedAtMs > nowMs);
    const connection = this.#idle.pop();
    const request = new EventEmitter();
    request.reusedSocket = connection !== undefined;
    request.isDestroyed = false;
    request.destroy = () => (request.isDestroyed = true);
    request.end = (body) => this.#send(request, { attempt: this.#attempts.get(body), connection });
    return request;
  }

  abort() {
    this.#idle = [];
  }

  #send(request, { attempt, connection }) {
    const isDead = connection !== undefined && connection.closedAtMs <= this.#process.nowMs;
    attempt.wasStale = isDead;
    const answer = (reply) => this.#answer(request, reply);
    if (isDead) return this.#process.receive(this.#chance.next() * 5, () => answer({ error: "ECONNRESET" }));
    const arrived = () => {
      if (!request.isDestroyed) attempt.arrivedAtMs = this.#process.nowMs;
    };
    return this.#destination.carry(attempt.request, { process: this.#process, answer, arrived });
  }

  #answer(request, { error, response }) {
    if (request.isDestroyed) return;
    if (error !== undefined) {
      request.emit("error", Object.assign(new Error(error), { code: error }));
      return;
    }
    const answer = new EventEmitter();
    answer.statusCode = response.status;
    answer.headers = response.headers;
    request.emit("response", answer);
    answer.emit("data", Buffer.from(response.body));
    answer.emit("end");
    this.#keepAlive();
  }

  #keepAlive() {
    const closedAtMs = this.#process.nowMs + this.#chance.spread(1, 60_000);
    this.#idle.push({ closedAtMs, noticedAtMs: closedAtMs + this.#chance.spread(1, 500) });
  }
}
