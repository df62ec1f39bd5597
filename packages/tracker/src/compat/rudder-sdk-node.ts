// The original is imported as the default, and in CommonJS as the module itself.
/* oxlint-disable import/no-default-export */
export {
  RudderAnalytics,
  RudderAnalytics as default,
  RudderAnalytics as "module.exports",
} from "./rudder-sdk-node/analytics.js";
export type { ApiCallback, FlushCallback, RudderMessage } from "./rudder-sdk-node/analytics.js";
export type { RudderAnalyticsOptions } from "./rudder-sdk-node/options.js";

// The types by the names they have in the original.
export type {
  ApiCallback as apiCallback,
  RudderMessage as AliasParams,
  RudderMessage as GroupParams,
  RudderMessage as IdentifyParams,
  RudderMessage as PageParams,
  RudderMessage as ScreenParams,
  RudderMessage as TrackParams,
} from "./rudder-sdk-node/analytics.js";
export type { RudderAnalyticsOptions as constructorOptions } from "./rudder-sdk-node/options.js";
