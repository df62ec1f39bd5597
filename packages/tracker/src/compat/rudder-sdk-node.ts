// The original is imported as the default, and in CommonJS as the module itself.
/* oxlint-disable import/no-default-export */
export {
  RudderAnalytics,
  RudderAnalytics as default,
  RudderAnalytics as "module.exports",
} from "./rudder-sdk-node/analytics.js";
export type { ApiCallback, FlushCallback, RudderMessage } from "./rudder-sdk-node/analytics.js";
export type { RudderAnalyticsOptions } from "./rudder-sdk-node/options.js";
