import type { Arrival } from "./codec.js";

/** What the collector knows of a request that a test looks into in passing. */
export function arrivalAt(route: string): Arrival {
  return {
    route,
    project: "shop",
    receivedAtMs: Date.UTC(2026, 10, 20),
    remoteAddress: "127.0.0.1",
    requestId: "00000000-0000-4000-8000-000000000000",
  };
}
