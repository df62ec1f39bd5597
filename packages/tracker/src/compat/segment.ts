// The original is imported by name and as the default.
/* oxlint-disable import/no-default-export */
export { Analytics, Analytics as default } from "./segment/analytics.js";
export type { Callback, CloseAndFlushParams, FlushParams } from "./segment/analytics.js";
export { Context, ContextCancelation } from "./segment/context.js";
export type { Plugin } from "./segment/plugins.js";
export type { AnalyticsEvents, DeliveryFailure } from "./segment/emitter.js";
export { FetchHTTPClient } from "./segment/http-client-transport.js";
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
