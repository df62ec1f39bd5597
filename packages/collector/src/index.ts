export { startCollector } from "./collector.js";
export type { Collector } from "./collector.js";
export { CollectorError, collectorErrorCodes, isCollectorError } from "./errors.js";
export type { CollectorErrorCode } from "./errors.js";
export type { Enrich } from "./enrichment/enrichment.js";
export { checkOption, defaults as collectorDefaults } from "./options.js";
export type { CollectorOptions } from "./options.js";
export { writeParquet } from "./parquet-file.js";
export { rebuildStore } from "./rebuild-store.js";
export type { RebuildOptions, Rebuilt } from "./rebuild-store.js";
export type { CollectorReport, CollectorStats, CutReason, RefusalReason, UnkeptReason } from "./report.js";
export type { Runtime } from "./runtime.js";
export type {
  AppendResult,
  EventQuery,
  EventStore,
  LogBatch,
  LoggedBadEvent,
  LoggedEvent,
  Page,
  StoreCounts,
  StoredBadEvent,
  StoredEvent,
} from "./store/event-store.js";
export type { SnowplowOptions } from "./snowplow-options.js";
export type { ForwardSinkOptions, NdjsonSinkOptions, SinkOptions, SinkWire } from "./sink-options.js";
export { isStoreError, StoreError, storeErrorCodes } from "./store/store-error.js";
export type { StoreErrorCode } from "./store/store-error.js";
