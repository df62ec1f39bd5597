import type { ClientRequest, IncomingMessage } from "node:http";
import type { WireHeaders, WireResponse } from "@oncewire/protocol";
import type { Runtime, Timer } from "../runtime.js";
import { networkFailure } from "./network-failure.js";
import type { Reply } from "./transport.js";

/** What classifying needs of an answer is short; the rest of a longer one is not read. */
export const maxReplyBytes = 65_536;

/** A connection from the pool that was closed by the other side before we used it: nothing has happened yet. */
export interface Stale {
  readonly kind: "stale";
}

/** One request on one connection. */
export class HttpExchange {
  readonly #open: () => ClientRequest;
  readonly #body: Uint8Array;
  readonly #runtime: Runtime;
  #request: ClientRequest | null = null;
  #resolve: ((reply: Reply | Stale) => void) | null = null;
  #timer: Timer | null = null;
  #chunks: Buffer[] = [];
  #bytes = 0;
  /** Something of an answer has come. */
  #hasBegun = false;

  constructor(open: () => ClientRequest, body: Uint8Array, runtime: Runtime) {
    this.#open = open;
    this.#body = body;
    this.#runtime = runtime;
  }

  run(timeoutMs: number): Promise<Reply | Stale> {
    return new Promise((resolve) => {
      this.#resolve = resolve;
      this.#timer = this.#runtime.after(Math.max(0, timeoutMs), () => this.#expire());
      try {
        this.#start();
      } catch (error) {
        this.#fail(error);
      }
    });
  }

  /** Answers with `reply` where no answer has been given, and closes the connection. */
  end(reply: Reply | Stale): void {
    this.#finish(reply);
    this.#request?.destroy();
  }

  #start(): void {
    const request = this.#open();
    this.#request = request;
    request.on("response", (response) => this.#receive(response));
    request.on("error", (error) => this.#fail(error));
    request.on("close", () => this.#fail(new Error("the connection was closed before the answer was complete")));
    request.end(this.#body);
  }

  #receive(response: IncomingMessage): void {
    this.#hasBegun = true;
    response.on("data", (chunk: Buffer) => {
      this.#chunks.push(chunk);
      this.#bytes += chunk.byteLength;
      // The connection cannot be used again without reading the rest, so it is closed.
      if (this.#bytes >= maxReplyBytes) this.end(this.#answered(response));
    });
    response.on("end", () => this.#finish(this.#answered(response)));
    response.on("error", (error) => this.#fail(error));
  }

  #answered(response: IncomingMessage): Reply {
    const body = Buffer.concat(this.#chunks).subarray(0, maxReplyBytes);
    const answer: WireResponse = { status: response.statusCode ?? 0, headers: headersOf(response), body };
    return { kind: "answered", response: answer };
  }

  #fail(error: unknown): void {
    if (this.#resolve === null) return;
    const failure = networkFailure(error);
    const isStale = failure.reason === "reset" && this.#request?.reusedSocket === true && !this.#hasBegun;
    this.end(isStale ? { kind: "stale" } : failure);
  }

  /**
   * Timers run before I/O: after the event loop stood still, an answer may be in the socket that nobody has read yet.
   * So I/O gets a turn first.
   */
  #expire(): void {
    this.#runtime.afterPoll(() => {
      if (this.#resolve === null) return;
      this.end({ kind: "failed", reason: "timeout", detail: "no complete answer came in time" });
    });
  }

  #finish(reply: Reply | Stale): void {
    const resolve = this.#resolve;
    this.#resolve = null;
    this.#timer?.cancel();
    this.#chunks = [];
    resolve?.(reply);
  }
}

function headersOf(response: IncomingMessage): WireHeaders {
  const present = Object.entries(response.headers).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, typeof value === "string" ? value : value.join(", ")] as const],
  );
  return Object.fromEntries(present);
}
