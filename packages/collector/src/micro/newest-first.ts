import type { ProtocolName } from "@oncewire/protocol";
import type { Page } from "../store/event-store.js";

interface Placed {
  readonly position: number;
  readonly protocol: ProtocolName;
}

/** What came on Snowplow's wire from a log position on, page by page, newest first. */
export async function* newestFirst<T extends Placed>(
  readPage: (cursor: { readonly cursor?: string }) => Promise<Page<T>>,
  from: number,
): AsyncGenerator<readonly T[], void, undefined> {
  let cursor: { readonly cursor?: string } = {};
  for (;;) {
    const { items, next } = await readPage(cursor);
    yield items.filter(({ position, protocol }) => position >= from && protocol === "snowplow");
    const last = items.at(-1);
    if (next === null || last === undefined || last.position < from) return;
    cursor = { cursor: next };
  }
}
