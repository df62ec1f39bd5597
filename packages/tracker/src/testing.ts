export { createManualRuntime } from "./testing/manual-runtime.js";
export type { ManualRuntime } from "./testing/manual-runtime.js";
export { createMemoryDestination } from "./testing/memory-destination.js";
export type {
  MemoryAnswer,
  MemoryDestination,
  MemoryDestinationOptions,
  MemoryRequest,
} from "./testing/memory-destination.js";
