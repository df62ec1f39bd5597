/** The ledger as metrics, in the shape and the naming of OpenTelemetry, for whichever library exports them. */
import type { DestinationStats } from "./delivery/dispatcher.js";
import type { Stats } from "./delivery/delivery.js";

export interface Metric {
  readonly name: string;
  /** A counter only rises; a gauge is a state. */
  readonly kind: "counter" | "gauge";
  /** In UCUM, as OpenTelemetry wants it. */
  readonly unit: string;
  readonly value: number;
  readonly attributes: Readonly<Record<string, string>>;
}

interface Instrument {
  readonly kind: Metric["kind"];
  readonly unit: string;
  /** One value, or one for each `error.type`. */
  readonly read: (stats: DestinationStats) => number | Readonly<Record<string, number>>;
}

const counter = { kind: "counter", unit: "{event}" } as const;

/** Every metric there is; docs/tracker.md lists exactly these. */
export const instruments: Readonly<Record<string, Instrument>> = Object.freeze({
  "oncewire.tracker.event.accepted": { ...counter, read: (stats) => stats.accepted },
  "oncewire.tracker.event.delivered": { ...counter, read: (stats) => stats.delivered },
  "oncewire.tracker.event.rejected": { ...counter, read: (stats) => stats.rejectedBy },
  "oncewire.tracker.event.dropped": { ...counter, read: (stats) => stats.droppedBy },
  "oncewire.tracker.event.pending": { kind: "gauge", unit: "{event}", read: (stats) => stats.pending },
  "oncewire.tracker.queue.size": { kind: "gauge", unit: "By", read: (stats) => stats.queuedBytes },
  "oncewire.tracker.request.sent": { kind: "counter", unit: "{request}", read: (stats) => stats.requests },
  "oncewire.tracker.request.active": { kind: "gauge", unit: "{request}", read: (stats) => stats.requestsInFlight },
});

/** The metrics of each destination, which the attribute `oncewire.destination` names. */
export function metricsOf(stats: Stats): readonly Metric[] {
  return Object.entries(stats.destinations).flatMap(([destination, each]) =>
    Object.entries(instruments).flatMap(([name, { kind, unit, read }]) => {
      const value = read(each);
      const named = { "oncewire.destination": destination };
      if (typeof value === "number") return [{ name, kind, unit, value, attributes: named }];
      return Object.entries(value).map(([reason, count]) => {
        return { name, kind, unit, value: count, attributes: { ...named, "error.type": reason } };
      });
    }),
  );
}
