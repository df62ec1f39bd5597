import { Duplex, PassThrough } from "node:stream";
import { describe, expect, it, vi } from "vitest";
import { systemRuntime } from "../runtime.js";
import type { Frame } from "./frame.js";
import { createLink } from "./link.js";
import type { Link } from "./link.js";

interface End {
  readonly link: Link;
  readonly stream: Duplex;
  readonly heard: Frame[];
  readonly lost: (string | null)[];
}

/** Two ends of one stream, each writing what the other reads. */
function openPair(maxBacklogBytes?: number): readonly [End, End] {
  const [there, back] = [new PassThrough(), new PassThrough()];
  const endOf = (readable: PassThrough, writable: PassThrough): End => {
    const [heard, lost]: [Frame[], (string | null)[]] = [[], []];
    const stream = Duplex.from({ readable, writable });
    const link = createLink({
      stream,
      runtime: systemRuntime,
      hear: (frame) => void heard.push(frame),
      onLost: (defect) => void lost.push(defect),
      ...(maxBacklogBytes === undefined ? {} : { maxBacklogBytes }),
    });
    return { link, stream, heard, lost };
  };
  return [endOf(back, there), endOf(there, back)];
}

const text = (frame: Frame | undefined): string => Buffer.from(frame?.payload ?? []).toString();

describe("a link", () => {
  it("brings frames in their order, those of a turn in one write", async () => {
    const [one, other] = openPair();
    const writing = vi.spyOn(one.stream, "write");
    one.link.send("ask", 7, [Buffer.from("a"), Buffer.from("b")]);
    one.link.send("tell", 0);
    await vi.waitFor(() => expect(other.heard).toHaveLength(2));
    expect(other.heard.map(({ kind, id }) => [kind, id])).toEqual([
      ["ask", 7],
      ["tell", 0],
    ]);
    expect(text(other.heard[0])).toBe("ab");
    expect(writing).toHaveBeenCalledTimes(1);
  });

  it("hands over at once what it is told to, and nothing twice", async () => {
    const [one, other] = openPair();
    const writing = vi.spyOn(one.stream, "write");
    one.link.send("tell", 0, [Buffer.from("fact")]);
    one.link.send("ask", 1, [Buffer.from("question")]);
    one.link.flush();
    expect(writing).toHaveBeenCalledTimes(1);
    one.link.flush();
    await vi.waitFor(() => expect(other.heard.map(text)).toEqual(["fact", "question"]));
    one.link.send("ask", 2, [Buffer.from("more")]);
    await vi.waitFor(() => expect(other.heard.map(text)).toEqual(["fact", "question", "more"]));
    expect(writing).toHaveBeenCalledTimes(2);
  });

  it("hands over what was sent before its end, and is lost once at both ends", async () => {
    const [one, other] = openPair();
    one.link.send("tell", 0, [Buffer.from("last")]);
    await one.link.end();
    await vi.waitFor(() => expect([one.lost, other.lost]).toEqual([[null], [null]]));
    expect(other.heard.map(text)).toEqual(["last"]);
    one.link.send("tell", 0);
    await one.link.end();
    expect(other.heard).toHaveLength(1);
  });

  it("is given up when what it is sent is no frame", async () => {
    const [one, other] = openPair();
    one.stream.write(Buffer.alloc(64, 0xff));
    await vi.waitFor(() => expect(other.lost).toEqual([expect.stringContaining("expected a frame")]));
  });

  it("is given up when the other end takes nothing and too much waits", async () => {
    const taking = new PassThrough();
    const stream = Duplex.from({ readable: taking, writable: new PassThrough() });
    const lost: (string | null)[] = [];
    const onLost = (defect: string | null): void => void lost.push(defect);
    const link = createLink({ stream, runtime: systemRuntime, hear: () => {}, onLost, maxBacklogBytes: 100_000 });
    for (let sent = 0; sent < 99_000; sent += 1_009) link.send("tell", 0, [Buffer.alloc(1_000)]);
    await new Promise((resolve) => setImmediate(resolve));
    expect(lost).toEqual([]);
    for (let sent = 0; sent < 99_000; sent += 1_009) link.send("tell", 0, [Buffer.alloc(1_000)]);
    await vi.waitFor(() => expect(lost).toEqual([expect.stringContaining("more than 100000 bytes wait")]));
  });
});
