import type { EncodedEvent, Outcome } from "@oncewire/protocol";
import type { Runtime } from "../runtime.js";
import type { Reply, Transport } from "../transport/transport.js";
import type { Destination, Verdict } from "./destination.js";

/** What came of a request. */
export interface Answer {
  readonly outcome: Outcome;
  readonly reply: Reply | null;
}

/** Carries one request at a time to a destination and says what its answer means. Never throws nor rejects. */
export class Courier {
  readonly #destination: Destination;
  readonly #transport: Transport;
  readonly #runtime: Runtime;
  #requests = 0;

  constructor(destination: Destination, transport: Transport, runtime: Runtime) {
    this.#destination = destination;
    this.#transport = transport;
    this.#runtime = runtime;
  }

  /** Sent so far. */
  get requests(): number {
    return this.#requests;
  }

  async ask(events: readonly EncodedEvent[]): Promise<Answer> {
    const { encoder } = this.#destination;
    this.#requests += 1;
    try {
      const reply = await this.#transport.send(encoder.frame(events, this.#runtime.nowMs()));
      if (reply.kind === "failed") return { outcome: retry(`${reply.reason}: ${reply.detail}`), reply };
      return { outcome: encoder.classify(reply.response, this.#runtime.nowMs()), reply };
    } catch (error) {
      // A codec or a transport of the caller's making: what it throws must not stop the loop.
      return { outcome: retry(`no request could be made: ${String(error)}`), reply: null };
    }
  }

  /** What the destination wants done about an answer to these events; `attempts` as in `FailedRequest`. */
  verdict(answer: Answer, events: readonly EncodedEvent[], attempts: number): Verdict {
    try {
      return this.#destination.afterFailure?.({ ...answer, events, attempts }) ?? "keep";
    } catch {
      // A destination of the caller's making.
      return "keep";
    }
  }

  abort(): void {
    this.#transport.abort();
  }
}

function retry(reason: string): Outcome {
  return { kind: "retry", reason };
}
