export { contractsEnabled, disableContracts, enableContracts } from "./snowplow/contracts.js";
export type { TrackResult } from "./snowplow/first-version/first-answers.js";
export { platforms, Tracker } from "./snowplow/first-version/tracker.js";
export type { FirstPlatform, FirstVersionOptions } from "./snowplow/first-version/tracker.js";
export type { Properties } from "./snowplow/first-version/typed-properties.js";
export type { Stats } from "../delivery/delivery.js";
export type { FlushOptions } from "../outbox.js";
