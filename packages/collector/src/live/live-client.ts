import type { ServerResponse } from "node:http";
import type { LiveRing } from "./live-ring.js";
import { sseFrame } from "./sse-frame.js";

/** At most so much is handed to the socket at a time, plus one item; nothing more until the socket took it. */
const maxWriteBytes = 256 * 1024;

/**
 * One subscriber: a response and a place in the ring. While its socket is full nothing is written; when the ring has
 * moved on past its place meanwhile, it is told how many items it missed and goes on from the oldest there is.
 */
export class LiveClient {
  readonly #response: ServerResponse;
  #cursor: number;
  #missed = 0;
  #blockedBeats = 0;

  constructor(response: ServerResponse, cursor: number) {
    this.#response = response;
    this.#cursor = cursor;
  }

  /** Beats in a row that found the socket full. */
  get blockedBeats(): number {
    return this.#blockedBeats;
  }

  /**
   * Writes `extra` and what is new in the ring, in one write; nothing while the socket is full. Where that is not all,
   * the write has filled the socket (its mark is far below `maxWriteBytes`), and `drain` is the time to go on.
   */
  send(ring: LiveRing, extra: readonly Buffer[] = []): void {
    if (this.#response.writableNeedDrain || this.#response.writableEnded) return;
    const frames = [...extra, ...this.#takeFrom(ring)];
    if (frames.length > 0) this.#response.write(Buffer.concat(frames));
  }

  /** Like `send`, once a second; counts how long the socket has been full. */
  beat(ring: LiveRing, extra: readonly Buffer[]): void {
    this.#blockedBeats = this.#response.writableNeedDrain ? this.#blockedBeats + 1 : 0;
    this.send(ring, extra);
  }

  /** Ends the stream once everything there is has been handed to the socket. */
  endAfter(ring: LiveRing): void {
    this.send(ring);
    if (this.#cursor >= ring.encodedTo) this.#response.end();
  }

  /** Cuts the connection: what the socket still holds is given up. */
  destroy(): void {
    this.#response.destroy();
  }

  #takeFrom(ring: LiveRing): Buffer[] {
    this.#skipTo(ring.first);
    const frames: Buffer[] = [];
    for (let bytes = 0; this.#cursor < ring.encodedTo && bytes < maxWriteBytes; this.#cursor += 1) {
      const frame = ring.frameAt(this.#cursor);
      if (frame === null) this.#missed += 1;
      else frames.push(frame);
      bytes += frame?.byteLength ?? 0;
    }
    return this.#missed > 0 ? [this.#missedFrame(), ...frames] : frames;
  }

  #skipTo(first: number): void {
    if (this.#cursor >= first) return;
    this.#missed += first - this.#cursor;
    this.#cursor = first;
  }

  #missedFrame(): Buffer {
    const frame = sseFrame("missed", JSON.stringify({ count: this.#missed }));
    this.#missed = 0;
    return frame;
  }
}
