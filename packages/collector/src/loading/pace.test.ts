import { expect, it } from "vitest";
import { createPace } from "./pace.js";

const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

it("tells at once, then once for all that came during a rest, and at once again after a quiet one", async () => {
  let rest: () => void = () => {};
  let told = 0;
  const runtime = { after: (_ms: number, run: () => void) => ((rest = run), () => {}) };
  const news = createPace(runtime, () => (told += 1));
  news();
  news();
  expect(told).toBe(0);
  await turn();
  expect(told).toBe(1);
  news();
  news();
  await turn();
  expect(told).toBe(1);
  rest();
  expect(told).toBe(2);
  rest();
  news();
  await turn();
  expect(told).toBe(3);
});
