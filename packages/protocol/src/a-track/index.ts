export { baseUrlFor, geos } from "./base-url.js";
export type { Geo } from "./base-url.js";
export { readUserChange } from "./carried.js";
export type { Carried, UserChange } from "./carried.js";
export { badCodes } from "./decode.js";
export type { BadCode } from "./decode.js";
export { createATrackEncoder, maxRequestBytes } from "./encoder.js";
export type { ATrackEncoderOptions } from "./encoder.js";
export { callNames, modes } from "./event.js";
export type {
  ATrackEvent,
  AttributesCall,
  CallName,
  CommonFields,
  ContextFields,
  EventCall,
  InitCall,
  Mode,
  Timestamp,
  UserFields,
} from "./event.js";
export type { Endpoints } from "./frame.js";
export { readInitReply } from "./read-reply.js";
export type { InitReply } from "./read-reply.js";
export { createATrackReceiver } from "./receiver.js";
export { problemCodes } from "./validate.js";
export type { ProblemCode } from "./validate.js";
