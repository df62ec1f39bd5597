export { createRudderStackEncoder, maxRequestBytes } from "./encoder.js";
export type { Library, RudderStackEncoderOptions } from "./encoder.js";
export { eventTypes } from "./event.js";
export type {
  Alias,
  CommonFields,
  EventType,
  Group,
  Id,
  Identify,
  Page,
  RudderStackEvent,
  Screen,
  Timestamp,
  Track,
} from "./event.js";
export { problemCodes } from "./validate.js";
export type { ProblemCode } from "./validate.js";
