import { MessageChannel, receiveMessageOnPort } from "node:worker_threads";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { packRead, transferOf, unpackRead } from "./packed-read.js";
import type { PackedRead } from "./packed-read.js";

const lost = [{ from: 3, to: 5, reason: "damaged" as const }];

describe("what was read of the log", () => {
  it("is the same in another thread", () => {
    const { port1, port2 } = new MessageChannel();
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 40 })), fc.nat(2 ** 31), (parts, first) => {
        const position = (index: number): number => first * 2 ** 20 + 2 * index;
        const records = parts.map((bytes, index) => ({ position: position(index), bytes }));
        const packed = packRead({ records, next: position(parts.length), lost });
        port1.postMessage(packed, transferOf(packed));
        const { message } = receiveMessageOnPort(port2) as { message: PackedRead };
        expect(unpackRead(message)).toEqual({ records, next: position(parts.length), lost });
        expect(packed.bytes.byteLength).toBe(0);
      }),
    );
    port1.close();
  });
});
