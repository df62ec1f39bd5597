export {
  buildAdClick,
  buildAdConversion,
  buildAdImpression,
  buildAddToCart,
  buildConsentGranted,
  buildConsentWithdrawn,
  buildEcommerceTransaction,
  buildEcommerceTransactionItem,
  buildFormFocusOrChange,
  buildFormSubmission,
  buildLinkClick,
  buildPagePing,
  buildPageView,
  buildRemoveFromCart,
  buildScreenView,
  buildSelfDescribingEvent,
  buildSiteSearch,
  buildSocialInteraction,
  buildStructEvent,
} from "./snowplow-node-tracker/builders.js";
export type {
  AdClickEvent,
  AdConversionEvent,
  AdImpressionEvent,
  AddToCartEvent,
  ConsentGrantedEvent,
  ConsentWithdrawnEvent,
  EcommerceTransactionEvent,
  EcommerceTransactionItemEvent,
  EventPayloadAndContext,
  FormFocusOrChangeEvent,
  FormSubmissionEvent,
  LinkClickEvent,
  PagePingEvent,
  PageViewEvent,
  RemoveFromCartEvent,
  ScreenViewEvent,
  SelfDescribingEvent,
  SiteSearchEvent,
  SocialInteractionEvent,
  StructuredEvent,
} from "./snowplow-node-tracker/builders.js";
export { newEmitter } from "./snowplow-node-tracker/emitter.js";
export type { Emitter } from "./snowplow-node-tracker/emitter.js";
export type {
  EmitterConfiguration,
  EventBatch,
  RequestFailure,
} from "./snowplow-node-tracker/emitter-configuration.js";
export type {
  ConditionalContextProvider,
  ContextEvent,
  ContextFilter,
  ContextGenerator,
  ContextPrimitive,
  FilterProvider,
  RuleSet,
  RuleSetProvider,
} from "./snowplow-node-tracker/global-contexts.js";
export { newInMemoryEventStore } from "./snowplow-node-tracker/node-event-store.js";
export type {
  EventStoreIterator,
  EventStorePayload,
  NodeEventStore as EventStore,
} from "./snowplow-node-tracker/node-event-store.js";
export { payloadBuilder } from "./snowplow-node-tracker/payload-builder.js";
export type { Payload, PayloadBuilder, SelfDescribingJson } from "./snowplow-node-tracker/payload-builder.js";
export { newTracker, Tracker, version } from "./snowplow-node-tracker/tracker.js";
export type {
  CorePlugin,
  CustomEmitterConfiguration,
  Timestamp,
  TrackerConfiguration,
} from "./snowplow-node-tracker/tracker.js";
