export type { EventStore } from "./store/event-store.js";
