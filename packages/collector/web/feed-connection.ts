import { eventRow } from "./event-row.js";
import type { EventRow } from "./event-row.js";
import { isObject, parseJson } from "./json-value.js";
import type { JsonObject } from "./json-value.js";

export type ConnectionState = "connecting" | "live" | "lost";

export interface FeedListener {
  readonly onRow: (row: EventRow) => void;
  readonly onStats: (stats: JsonObject) => void;
  /** So many items came that this page was not shown. */
  readonly onMissed: (count: number) => void;
  readonly onState: (state: ConnectionState) => void;
}

/** How long to wait when the browser itself gave up, as it does after any answer but 200. */
const retryMs = 5_000;

/** Listens to the feed for as long as the page is there; what it cannot read counts as missed. */
export function connectFeed(url: string, listener: FeedListener): void {
  const source = new EventSource(url);
  const onMessage = (type: string, take: (value: JsonObject) => void): void => {
    source.addEventListener(type, (message: MessageEvent<string>) => {
      const value = parseJson(message.data);
      if (isObject(value)) take(value);
      else listener.onMissed(1);
    });
  };
  onMessage("event", (value) => listener.onRow(eventRow("event", value)));
  onMessage("bad", (value) => listener.onRow(eventRow("bad", value)));
  onMessage("stats", listener.onStats);
  onMessage("missed", ({ count }) => listener.onMissed(typeof count === "number" ? count : 1));
  source.addEventListener("open", () => listener.onState("live"));
  source.addEventListener("error", () => {
    listener.onState("lost");
    if (source.readyState === EventSource.CLOSED) setTimeout(() => connectFeed(url, listener), retryMs);
  });
}
