export { createSnowplowReceiver, sharedKey } from "./receiver.js";
export type { AdapterPath, SnowplowReceiverOptions } from "./receiver.js";
export type { Redirects } from "./reply.js";
export type { CookieOptions } from "./visitor.js";
export { eventCodes, platforms } from "./payload-keys.js";
export type { EventCode, Payload, Platform } from "./payload-keys.js";
export { problemCodes } from "./problem-codes.js";
export type { ProblemCode } from "./problem-codes.js";
