import { itemJson } from "./live-item.js";
import type { StoredItem } from "../store/event-store.js";
import { sseFrame } from "./sse-frame.js";

/**
 * The newest items, and the only buffer of the live feed: every subscriber is no more than a place in it. Items are
 * numbered from 0 without gaps; the ring holds those from `first` on, and subscribers see them up to `encodedTo`.
 *
 * Items are turned into bytes late, by `encode`, so that those which are overwritten before anyone could have seen
 * them cost nothing. After `encode` the ring holds bytes only, at most `maxBytes` of them.
 */
export class LiveRing {
  readonly #slots: Slot[] = [];
  readonly #bounds: RingBounds;
  #first = 0;
  #next = 0;
  #encodedTo = 0;
  #bytes = 0;

  constructor(bounds: RingBounds) {
    this.#bounds = bounds;
  }

  /** The oldest item there is. */
  get first(): number {
    return this.#first;
  }

  /** Every item below it that the ring still holds can be had as bytes. */
  get encodedTo(): number {
    return this.#encodedTo;
  }

  push(item: StoredItem): void {
    this.#put({ kind: "item", item });
  }

  /** Counts items that came and are not at hand: subscribers miss them. */
  skip(count: number): void {
    for (let at = 0; at < count; at += 1) this.#put(unsendable);
  }

  encode(): void {
    for (let at = Math.max(this.#encodedTo, this.#first); at < this.#next; at += 1) {
      const slot = this.#slotAt(at);
      if (slot?.kind !== "item") continue;
      const bytes = this.#frame(at, slot.item);
      this.#slots[at % this.#bounds.maxItems] = bytes === null ? unsendable : { kind: "frame", bytes };
      this.#bytes += bytes?.byteLength ?? 0;
    }
    this.#encodedTo = this.#next;
    while (this.#bytes > this.#bounds.maxBytes) this.#dropOldest();
  }

  /** The encoded item; null when it is gone, not yet encoded, or could not be. */
  frameAt(at: number): Buffer | null {
    const slot = at < this.#first || at >= this.#encodedTo ? undefined : this.#slotAt(at);
    return slot?.kind === "frame" ? slot.bytes : null;
  }

  #put(slot: Slot): void {
    if (this.#next - this.#first === this.#bounds.maxItems) this.#dropOldest();
    this.#slots[this.#next % this.#bounds.maxItems] = slot;
    this.#next += 1;
  }

  #slotAt(at: number): Slot | undefined {
    return this.#slots[at % this.#bounds.maxItems];
  }

  #dropOldest(): void {
    const oldest = this.#slotAt(this.#first);
    if (oldest?.kind === "frame") this.#bytes -= oldest.bytes.byteLength;
    this.#slots[this.#first % this.#bounds.maxItems] = unsendable;
    this.#first += 1;
  }

  /** An item that JSON cannot carry (nested too deep for the stack) must not end the feed: subscribers miss it. */
  #frame(at: number, item: StoredItem): Buffer | null {
    try {
      return sseFrame(item.type, itemJson(item, this.#bounds.maxItemBytes), `${this.#bounds.epoch}-${at}`);
    } catch {
      return null;
    }
  }
}

export interface RingBounds {
  readonly maxItems: number;
  /** Of one item, as JSON. */
  readonly maxItemBytes: number;
  /** Of all encoded items together. */
  readonly maxBytes: number;
  /** Names this run of the process: item numbers of another run mean nothing here. */
  readonly epoch: string;
}

type Slot =
  | { readonly kind: "item"; readonly item: StoredItem }
  | { readonly kind: "frame"; readonly bytes: Buffer }
  | { readonly kind: "unsendable" };

const unsendable: Slot = { kind: "unsendable" };
