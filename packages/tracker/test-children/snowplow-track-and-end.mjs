/** Tracks one event and comes to its end, with nobody who flushes: `<collector's host> <none | memory>`. */
import { Emitter, InMemoryEventStore, StructuredEvent, Tracker } from "../dist/clients/snowplow.js";

const [, , host, store] = process.argv;
const eventStore = store === "memory" ? new InMemoryEventStore() : null;
const emitters = new Emitter(host, { protocol: "http", eventStore, flushIntervalMs: 50, exitTimeoutMs: 200 });
emitters.on("dropped", ({ events, reason }) => process.stdout.write(`dropped ${events} as ${reason}\n`));
new Tracker({ namespace: "ns", emitters }).track(new StructuredEvent({ category: "c", action: "last" }));
