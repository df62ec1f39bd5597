export { buildInitPayload, buildRequestContext } from "../context/init-payload.js";
export type {
  InitPayload as RequestInitPayload,
  RequestContext,
  RequestContextInput,
  RequestContextOptions,
} from "../context/init-payload.js";
export { fromExpress, fromFastify, fromFetch, fromHono, fromNext, fromNode } from "../context/request-input.js";
export type { RequestInputOptions } from "../context/request-input.js";
export { current as currentScope, run as runInScope } from "../context/scope.js";
export type { Scope, ScopeFields } from "../context/scope.js";
export type { Visit } from "../context/visit.js";
export type { Stats } from "../delivery/delivery.js";
export type { EventHandle, EventResult } from "../handle.js";
export type { FlushOptions } from "../outbox.js";
export { createATrack } from "./a-track/client.js";
export type { ATrack, ATrackUser } from "./a-track/client.js";
export { defaults } from "./a-track/client-options.js";
export type { ATrackClientOptions } from "./a-track/client-options.js";
export { aTrack } from "./a-track/destination.js";
export type { ATrackOptions } from "./a-track/destination.js";
export { fileStorage } from "./a-track/file-storage.js";
export type {
  CurrentUser,
  EventPayload,
  InitPayload,
  InitResult,
  SetAttributesOptions,
  UserContext,
} from "./a-track/payloads.js";
export type { ATrackStorage } from "./a-track/storage.js";
