export { carriedSchemas } from "./carried.js";
export { consentDocument } from "./consent-document.js";
export type { ConsentDocument } from "./consent-document.js";
export { inputTypes, nodeNames } from "./data-forms.js";
export { createSnowplowEncoder } from "./encoder.js";
export type { SnowplowEncoderOptions } from "./encoder.js";
export { eventIdOf } from "./event-id.js";
export type {
  AdClick,
  AdConversion,
  AddToCart,
  AdImpression,
  ChangeForm,
  CommonFields,
  ConsentGranted,
  ConsentWithdrawn,
  DecimalValue,
  EventType,
  FocusForm,
  FormElement,
  LinkClick,
  MobileScreenView,
  PagePing,
  PageView,
  RawEvent,
  RemoveFromCart,
  ScreenView,
  SelfDescribing,
  SelfDescribingJson,
  SiteSearch,
  Size,
  SnowplowEvent,
  SocialInteraction,
  Structured,
  SubjectFields,
  SubmitForm,
  TextValue,
  Timestamp,
  Transaction,
  TransactionItem,
} from "./event.js";
export type { DataCheck, DataFault } from "./canonical.js";
export { readDescribed } from "./described.js";
export type { Described } from "./described.js";
export { createSnowplowReceiver, sharedKey } from "./receiver.js";
export type { AdapterPath, SnowplowReceiverOptions } from "./receiver.js";
export type { Redirects } from "./reply.js";
export type { CookieBounceOptions } from "./cookie-bounce.js";
export type { CookieOptions } from "./cookie.js";
export type { DoNotTrackOptions } from "./do-not-track.js";
export { eventCodes, platforms } from "./payload-keys.js";
export type { EventCode, Payload, Platform } from "./payload-keys.js";
export { problemCodes } from "./problem-codes.js";
export type { ProblemCode } from "./problem-codes.js";
export { transactionEvents } from "./transaction-events.js";
export type { OrderItem } from "./transaction-events.js";
export { bundledSchemas } from "./schemas.js";
