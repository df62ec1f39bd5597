// Tracks some events and comes to its end in the way that its first argument says. Prints what it is told.
import { createTracker, rudderStack } from "../dist/index.js";

const say = (line) => process.stdout.write(`${line}\n`);
const { url, events, end, options } = JSON.parse(process.argv[2]);
const tracker = createTracker({ destinations: [rudderStack({ writeKey: "k", dataPlaneUrl: url })], ...options });
tracker.on("dropped", ({ ids, reason }) => say(`dropped ${ids.length} ${reason}`));
for (let index = 0; index < events; index += 1) {
  tracker.track({ userId: `user-${index}`, event: "Counted", properties: { index } });
}

const ways = {
  natural: () => undefined,
  "own-code": () => (process.exitCode = 7),
  exit: () => process.exit(3),
  "exit-when-spooled": async () => {
    await tracker.flush();
    // Not on disk yet when the process ends.
    tracker.track({ userId: "user-last", event: "Counted", properties: { index: events } });
    process.exit(3);
  },
  "tracks-for-ever": async () => {
    for (let index = events; ; index += 1) {
      const handle = tracker.track({ userId: `user-${index % 10}`, event: "Counted", properties: { index } });
      void handle.durable.then(() => say(`durable ${handle.id}`));
      if (index % 20 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    }
  },
  throw: () => {
    throw new Error("the host's own mistake");
  },
  signal: () => {
    setInterval(() => undefined, 1000);
    say("ready");
  },
  "signal-with-handler": () => {
    const alive = setInterval(() => undefined, 1000);
    process.on("SIGTERM", () => {
      say(`handlers ${process.listenerCount("SIGTERM")}`);
      clearInterval(alive);
      process.exitCode = 5;
    });
    say("ready");
  },
  "close-then-signal": async () => {
    await tracker.close();
    setInterval(() => undefined, 1000);
    say(`listeners ${process.listenerCount("SIGTERM")} ${process.listenerCount("beforeExit")}`);
    say("ready");
  },
  "goes-on": () => {
    let rounds = 0;
    process.on("beforeExit", () => {
      rounds += 1;
      if (rounds < 3) setTimeout(() => tracker.track({ userId: `late-${rounds}`, event: "Late" }), 10);
    });
  },
};
await ways[end]();
