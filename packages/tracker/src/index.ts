export { aTrack } from "./clients/a-track.js";
export type { ATrackOptions } from "./clients/a-track.js";
export { rudderStack } from "./clients/rudderstack.js";
export type { RudderStackOptions } from "./clients/rudderstack.js";
export { snowplow } from "./clients/snowplow.js";
export type { SnowplowOptions } from "./clients/snowplow.js";
export { buildInitPayload, buildRequestContext } from "./context/init-payload.js";
export type {
  InitPayload,
  RequestContext,
  RequestContextInput,
  RequestContextOptions,
} from "./context/init-payload.js";
export { fromExpress, fromFastify, fromFetch, fromHono, fromNext, fromNode } from "./context/request-input.js";
export type {
  ExpressRequest,
  FastifyRequest,
  FetchRequest,
  HonoContext,
  NodeRequest,
  RequestInputOptions,
} from "./context/request-input.js";
export { current as currentScope, run as runInScope } from "./context/scope.js";
export type { Scope, ScopeFields } from "./context/scope.js";
export type { Stats } from "./delivery/delivery.js";
export type {
  Destination,
  DestinationEncoder,
  FailedRequest,
  TransportNeeds,
  Verdict,
} from "./delivery/destination.js";
export type { DestinationStats } from "./delivery/dispatcher.js";
export type { Ledger } from "./delivery/ledger.js";
export { errorCodes, TrackerError } from "./errors.js";
export type { ErrorCode } from "./errors.js";
export type { EventHandle, EventResult } from "./handle.js";
export type {
  AliasMessage,
  EventMessage,
  GroupMessage,
  Id,
  IdentifyMessage,
  Message,
  SelfDescribingMessage,
  StructuredMessage,
  Timestamp,
  TrackMessage,
  ViewMessage,
} from "./message.js";
export { metricsOf } from "./metrics.js";
export type { Metric } from "./metrics.js";
export { defaults } from "./options.js";
export type { DeliveryOptions, InvalidPolicy, OverflowPolicy, TrackerOptions } from "./options.js";
export type { FlushOptions } from "./outbox.js";
export { dropReasons, rejectReasons } from "./report.js";
export type {
  DeliveredReport,
  DroppedReport,
  DropReason,
  Listener,
  Logger,
  PausedReport,
  RejectedReport,
  RejectReason,
  Report,
  ReportKind,
  ResumedReport,
  RetryingReport,
  Settlement,
} from "./report.js";
export type { Runtime, Timer } from "./runtime.js";
export { createTracker } from "./tracker.js";
export type { CreateTrackerOptions, Tracker } from "./tracker.js";
export type { NetworkFailure, Reply, Transport } from "./transport/transport.js";
