export { bundledSchemas, consentDocument, transactionEvents } from "@oncewire/protocol/snowplow";
export type { ConsentDocument, DataCheck, DataFault } from "@oncewire/protocol/snowplow";
export { EmitterConfiguration, TrackerConfiguration } from "./snowplow/configuration.js";
export type { TrackerConfigurationOptions } from "./snowplow/configuration.js";
export { contractsEnabled, disableContracts, enableContracts } from "./snowplow/contracts.js";
export type { CustomEmitter } from "./snowplow/custom-emitter.js";
export { snowplow } from "./snowplow/destination.js";
export type { SnowplowOptions } from "./snowplow/destination.js";
export { Emitter } from "./snowplow/emitter.js";
export type { LevelLogger, LogLevel } from "./snowplow/emitter-log.js";
export { defaults } from "./snowplow/emitter-options.js";
export type { EmitterOptions } from "./snowplow/emitter-options.js";
export { InMemoryEventStore } from "./snowplow/event-store.js";
export type { EventStore, InMemoryEventStoreOptions } from "./snowplow/event-store.js";
export { PagePing, PageView, ScreenView, SelfDescribing, StructuredEvent } from "./snowplow/events.js";
export type {
  PagePingArgs,
  PageViewArgs,
  ScreenViewArgs,
  SelfDescribingArgs,
  StructuredEventArgs,
} from "./snowplow/events.js";
export type { JsonEncoder } from "./snowplow/json-encoder.js";
export { Snowplow, TrackerRegistry } from "./snowplow/registry.js";
export type { CreateTrackerOptions } from "./snowplow/registry.js";
export type { OnFailure, OnSuccess, RequestFailure, RetryCodes } from "./snowplow/request-callbacks.js";
export { SelfDescribingJson } from "./snowplow/self-describing-json.js";
export { Subject } from "./snowplow/subject.js";
export type { TrackArguments, TrackExtras } from "./snowplow/track-arguments.js";
export type { EventExtras, TrackableEvent } from "./snowplow/trackable-event.js";
export { Tracker } from "./snowplow/tracker.js";
export type { TrackerOptions } from "./snowplow/tracker.js";
export type { Stats } from "../delivery/delivery.js";
export type { EventHandle, EventResult } from "../handle.js";
export type { FlushOptions } from "../outbox.js";
