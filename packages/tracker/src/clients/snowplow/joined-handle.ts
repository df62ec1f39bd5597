/** One event on its way by several emitters, as one handle. */
import { addLedgers } from "../../delivery/ledger.js";
import type { DestinationStats } from "../../delivery/dispatcher.js";
import type { Stats } from "../../delivery/delivery.js";
import type { EventHandle, EventResult } from "../../handle.js";

/** What the handles have in common: accepted by one, delivered by all. */
export function joinHandles(id: string, handles: readonly EventHandle[]): EventHandle {
  const [only, another] = handles;
  if (only !== undefined && another === undefined) return only;
  return new JoinedHandle(id, handles);
}

class JoinedHandle implements EventHandle {
  readonly id: string;
  readonly #handles: readonly EventHandle[];

  constructor(id: string, handles: readonly EventHandle[]) {
    this.id = id;
    this.#handles = handles;
  }

  get accepted(): boolean {
    return this.#handles.some(({ accepted }) => accepted);
  }

  get durable(): Promise<boolean> {
    return Promise.all(this.#handles.map(({ durable }) => durable)).then((each) => each.every(Boolean));
  }

  get delivered(): Promise<EventResult> {
    return Promise.all(this.#handles.map(({ delivered }) => delivered)).then(joinResults);
  }
}

function joinResults(results: readonly EventResult[]): EventResult {
  return {
    delivered: results.every(({ delivered }) => delivered),
    destinations: byName(results.map(({ destinations }) => destinations)),
  };
}

/** The ledgers of several emitters as one. */
export function joinStats(stats: readonly Stats[]): Stats {
  const destinations: Readonly<Record<string, DestinationStats>> = byName(stats.map((each) => each.destinations));
  return { ...addLedgers(stats), destinations };
}

/** Emitters may have the same name: the second of it is called `name#2`. */
function byName<T>(records: readonly Readonly<Record<string, T>>[]): Readonly<Record<string, T>> {
  const joined = new Map<string, T>();
  for (const [name, value] of records.flatMap((record) => Object.entries(record))) {
    let free = name;
    for (let at = 2; joined.has(free); at += 1) free = `${name}#${at}`;
    joined.set(free, value);
  }
  return Object.fromEntries(joined);
}
