/** What each call of the first version gives: whether its event is there after one request, and why not. */
import type { Payload } from "@oncewire/protocol/snowplow";
import type { EventHandle, EventResult } from "../../../handle.js";
import type { EventEnd } from "../../../report.js";
import type { RequestFailure } from "../request-callbacks.js";

/** True and an empty text; or false and the reason, in which case it is tried again unless the reason is the event. */
export type TrackResult = readonly [isSent: boolean, reason: string];

const sent: TrackResult = Object.freeze([true, ""]);

export class FirstAnswers {
  readonly #waiting = new Map<string, (result: TrackResult) => void>();

  /** Resolves with the answer to the event's first request, or with its end if none was made. */
  of(handle: EventHandle): Promise<TrackResult> {
    return new Promise((resolve) => {
      this.#waiting.set(handle.id, resolve);
      void handle.delivered.then((result) => this.#end(handle.id, resultOf(result)));
    });
  }

  /** A request with these events failed. */
  failed(events: readonly Payload[], { status, reason }: Pick<RequestFailure, "status" | "reason">): void {
    for (const { eid = "" } of events) this.#end(eid, [false, status === 0 ? reason : describeStatus(status)]);
  }

  #end(id: string, result: TrackResult): void {
    this.#waiting.get(id)?.(result);
    this.#waiting.delete(id);
  }
}

function describeStatus(status: number): string {
  if (status >= 400 && status < 500) return `HTTP status code [${status}] is a client error`;
  if (status >= 500 && status < 600) return `HTTP status code [${status}] is a server error`;
  return `Unrecognised status code [${status}]`;
}

function resultOf({ delivered, destinations }: EventResult): TrackResult {
  if (delivered) return sent;
  const [end] = Object.values(destinations);
  return [false, end === undefined ? "" : reasonOf(end)];
}

function reasonOf(end: EventEnd): string {
  if (end.kind === "rejected") return end.detail;
  return end.kind === "dropped" ? end.reason : end.kind;
}
