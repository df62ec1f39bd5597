import type { EventReader, StoredItem } from "../store/event-store.js";

/** What the store keeps in memory from the start on. */
const maxItems = 200;

/** What a live feed begins with: the newest that is stored, good and bad, oldest first. */
export async function newestStored(reader: Pick<EventReader, "events" | "bad">): Promise<readonly StoredItem[]> {
  const query = { limit: maxItems };
  const [events, bad] = await Promise.all([reader.events(query), reader.bad(query)]);
  const items: StoredItem[] = [
    ...events.items.map((event): StoredItem => ({ type: "event", event })),
    ...bad.items.map((one): StoredItem => ({ type: "bad", bad: one })),
  ];
  // Of one request, too, the later ones are the newer ones: pages are newest first, and sorting keeps that order.
  return items
    .toSorted((one, other) => positionOf(other) - positionOf(one))
    .slice(0, maxItems)
    .toReversed();
}

const positionOf = (item: StoredItem): number => (item.type === "event" ? item.event : item.bad).position;
