import { expect, it } from "vitest";
import { createPace } from "./pace.js";

const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

function aPace(isAwaited: () => boolean) {
  const seen = { told: 0, restMs: 0, wake: (): void => {} };
  const after = (restMs: number, wake: () => void): (() => void) => {
    Object.assign(seen, { restMs, wake });
    return () => {};
  };
  const news = createPace({ runtime: { after }, tell: () => (seen.told += 1), isAwaited });
  return { seen, news };
}

it("tells at once, then once for all that came during a rest, and at once again after a quiet one", async () => {
  const { seen, news } = aPace(() => false);
  news();
  news();
  expect(seen.told).toBe(0);
  await turn();
  expect(seen.told).toBe(1);
  news();
  news();
  await turn();
  expect(seen.told).toBe(1);
  seen.wake();
  expect(seen.told).toBe(2);
  seen.wake();
  news();
  await turn();
  expect(seen.told).toBe(3);
});

it("rests longer where the news does not end, up to a bound, and briefly again after a quiet rest", async () => {
  const { seen, news } = aPace(() => false);
  news();
  await turn();
  const rests = [seen.restMs];
  for (let round = 0; round < 4; round += 1) {
    news();
    seen.wake();
    rests.push(seen.restMs);
  }
  expect(rests).toEqual([5, 10, 20, 25, 25]);
  seen.wake();
  news();
  await turn();
  expect(seen.restMs).toBe(5);
});

it("rests briefly as long as somebody waits", async () => {
  let isAwaited = false;
  const { seen, news } = aPace(() => isAwaited);
  news();
  await turn();
  news();
  seen.wake();
  expect(seen.restMs).toBe(10);
  isAwaited = true;
  news();
  seen.wake();
  expect(seen.restMs).toBe(5);
});
