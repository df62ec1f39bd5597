/** Where a visitor comes from and what they sit before, by a request: for whoever delivers in another way, or not at all. */
export { buildInitPayload, buildRequestContext } from "./context/init-payload.js";
export type {
  InitPayload,
  RequestContext,
  RequestContextInput,
  RequestContextOptions,
} from "./context/init-payload.js";
export { fromExpress, fromFastify, fromFetch, fromHono, fromNext, fromNode } from "./context/request-input.js";
export type { RequestInputOptions } from "./context/request-input.js";
