export { ATrackSdk, createATrackNodeSdk } from "./a-track-node-sdk/sdk.js";
export type { SdkOptions } from "./a-track-node-sdk/sdk.js";
export { Options } from "./a-track-node-sdk/options.js";
export { buildInitPayload, buildInitPayload as buildNodeInitPayload } from "../context/init-payload.js";
export type { RequestContextInput } from "../context/init-payload.js";
export type {
  CurrentUser,
  EventPayload,
  InitPayload,
  SetAttributesOptions,
  UserContext,
} from "../clients/a-track/payloads.js";
