export type { Arrival, Decoded, Encoder, Limits, Receiver, Refusal, Route, Stamp } from "./codec.js";
export type { EncodedEvent } from "./encoded-event.js";
export { eventKinds, protocolNames } from "./event.js";
export type {
  BadEvent,
  CanonicalEvent,
  Entity,
  EventKind,
  JsonObject,
  JsonValue,
  ProtocolName,
  TrackedEvent,
} from "./event.js";
export type { RequestHead, WireHeaders, WireRequest, WireResponse } from "./http.js";
export type { Outcome } from "./outcome.js";
export { failed, ok } from "./problem.js";
export type { Problem, Problems, Result } from "./problem.js";
