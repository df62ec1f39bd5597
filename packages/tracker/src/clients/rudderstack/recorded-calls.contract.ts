/** What a client that stands in for an official SDK must keep: the requests that were recorded from that SDK. */
import { expect, it } from "vitest";
import {
  recordedCalls,
  replay,
  withoutDifferences,
  type Difference,
  type RecordedCall,
} from "./recorded-requests.fixture.js";

export interface StandIn {
  /** The recording: a file of packages/protocol/fixtures/rudderstack, without its ending. */
  readonly recording: string;
  /** Cases that cannot be compared, and why. */
  readonly notCompared: Readonly<Record<string, string>>;
  /** Cases that lead to more or fewer requests, and why. */
  readonly otherCounts: Readonly<Record<string, readonly [count: number, reason: string]>>;
  /** Where our requests say the same in another way, in every case. */
  readonly differences: readonly Difference[];
  /** So many cases are compared, at least. */
  readonly least: number;
  readonly messageOf: (recorded: RecordedCall) => object;
  /** Makes the call with our client, and waits until it has been sent. */
  readonly send: (recorded: RecordedCall, url: string) => Promise<unknown>;
}

export function testRecordedCalls(standIn: StandIn): void {
  const { notCompared, otherCounts, differences, messageOf } = standIn;
  const calls = recordedCalls(standIn.recording);
  const compared = calls.filter(({ name, method }) => method !== undefined && !Object.hasOwn(notCompared, name));

  it.each(compared.map((each) => [each.name, each] as const))("send the same: %s", async (name, recorded) => {
    const requests = await replay(recorded, (url) => standIn.send(recorded, url));
    const [first] = requests;
    const message = messageOf(recorded);
    expect([first?.method, first?.path]).toEqual(["POST", recorded.requests[0]?.path]);
    expect(first?.headers.authorization).toBe("Basic V1JJVEVLRVk6");
    const ours = first?.batch.map((event) => withoutDifferences(event, message, differences));
    const theirs = recorded.requests[0]?.batch.map((event) => withoutDifferences(event, message, differences));
    expect(ours).toEqual(theirs);
    expect(requests).toHaveLength(otherCounts[name]?.[0] ?? recorded.requests.length);
  });

  it("are compared in every case that is not listed with its reason", () => {
    const names = calls.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining([...Object.keys(notCompared), ...Object.keys(otherCounts)]));
    expect(compared.length).toBeGreaterThan(standIn.least);
  });
}
