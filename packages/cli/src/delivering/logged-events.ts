/** The events in a collector's accept log, decoded as the collector decodes them, in the order they came. */
import type { CollectorClient } from "../collector-client.js";
import { createLogDecoder } from "./log-decoder.js";
import type { LoggedRequest } from "./log-decoder.js";
import { readSendable } from "./sendable.js";
import type { Sendable } from "./sendable.js";

interface LogPage {
  readonly items: readonly LoggedRequest[];
  readonly next: number | null;
  readonly durable: number;
}

export interface LoggedEventsOptions {
  /** A log position. */
  readonly from: number;
  readonly project: string | undefined;
  /** Told of a request that gives no events because its body does not unpack: those behind it are read all the same. */
  readonly onUnreadable: (position: number) => void;
}

/**
 * Marks are log positions. Ends where the log ended at the beginning: a replay into the same collector would otherwise
 * follow its own events for ever.
 */
export async function* readLoggedEvents(
  client: CollectorClient,
  { from, project, onUnreadable }: LoggedEventsOptions,
): AsyncGenerator<Sendable> {
  const decode = createLogDecoder();
  let next: number | null = from;
  let end = Infinity;
  while (next !== null && next < end) {
    const page: LogPage = await client.get("/api/requests", { from: next, limit: 1_000 });
    end = Math.min(end, page.durable);
    for (const request of page.items) {
      if (request.position >= end) return;
      if (project !== undefined && request.project !== project) continue;
      const decoded = decode(request);
      if (decoded === undefined) {
        onUnreadable(request.position);
        continue;
      }
      const { position } = request;
      for (const event of decoded.events) yield readSendable(event, position, `log position ${position}`);
    }
    next = page.next;
  }
}
