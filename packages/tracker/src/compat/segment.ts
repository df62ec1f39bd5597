// The original is imported by name and as the default.
/* oxlint-disable import/no-default-export */
export { Analytics, Analytics as default } from "./segment/analytics.js";
export type { Callback, CloseAndFlushParams, FlushParams } from "./segment/analytics.js";
export { Context } from "./segment/context.js";
export type { AnalyticsEvents, DeliveryFailure } from "./segment/emitter.js";
export type { HTTPClient, HTTPClientRequest, HTTPFetchFn, HTTPResponse } from "./segment/http-client-transport.js";
export type {
  AliasParams,
  GroupParams,
  IdentifyParams,
  PageParams,
  SegmentEvent,
  TrackParams,
} from "./segment/event.js";
export { ValidationError } from "./segment/event.js";
export type { AnalyticsSettings } from "./segment/settings.js";
