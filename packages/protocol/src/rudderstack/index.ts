export { createRudderStackEncoder, maxRequestBytes } from "./encoder.js";
export type { TraitsPlace } from "./encode.js";
export type { Library, RudderStackEncoderOptions } from "./encoder.js";
export { rudderId } from "./canonical.js";
export { badCodes } from "./decode.js";
export type { BadCode } from "./decode.js";
export { createRudderStackReceiver } from "./receiver.js";
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
