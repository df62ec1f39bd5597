export { campaignSigns } from "./campaign.js";
export type { CampaignSigns } from "./campaign.js";
export { turnAwayReasons } from "./codec.js";
export type {
  Arrival,
  Encoder,
  Enrichment,
  Limits,
  Receiver,
  Refusal,
  Route,
  Stamp,
  TurnAwayReason,
  TurnedAway,
  UserTruth,
} from "./codec.js";
export type { Decoded, EventTexts } from "./decoded.js";
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
export { ipAddressOf, ipPolicies } from "./ip-address.js";
export type { IpPolicy } from "./ip-address.js";
export { writeJson } from "./json.js";
export type { JsonLimits, JsonText } from "./json.js";
export { isoTime, isTimeMs, parseIsoTime } from "./iso-time.js";
export { parseJson } from "./parse-json.js";
export type { JsonScan, ParsedJson } from "./parse-json.js";
export { headersWithout } from "./http.js";
export type { RequestHead, WireHeaders, WireRequest, WireResponse } from "./http.js";
export type { Outcome } from "./outcome.js";
export { failed, ok } from "./problem.js";
export type { Problem, Problems, Result } from "./problem.js";
export { setField } from "./set-field.js";
export { decideSession, sessionBeginnings, sessionIdleMs } from "./session-rule.js";
export type { OpenSession, SessionActivity, SessionBeginning, SessionDecision } from "./session-rule.js";
