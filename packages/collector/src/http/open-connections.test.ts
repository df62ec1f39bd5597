import { expect, it } from "vitest";
import { OpenConnections } from "./open-connections.js";

it("tells when no more connections are open than those that somebody knows of", async () => {
  const connections = new OpenConnections();
  const ended = [connections.opened(), connections.opened(), connections.opened()];
  let known = 1;
  let isReached = false;
  const reached = connections.atMost(() => known).then(() => (isReached = true));
  ended[0]?.();
  await new Promise(setImmediate);
  expect([connections.count, isReached]).toEqual([2, false]);
  // One of those that are known goes, and is forgotten only after its connection has ended.
  ended[1]?.();
  known = 0;
  await new Promise(setImmediate);
  expect([connections.count, isReached]).toEqual([1, false]);
  ended[2]?.();
  await reached;
  await connections.atMost(() => 0);
});
