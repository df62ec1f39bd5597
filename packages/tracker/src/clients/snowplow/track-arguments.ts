/** The arguments of the deprecated `track…` methods, and the events they make. */
import type {
  AddToCart,
  ChangeForm,
  LinkClick,
  MobileScreenView,
  OrderItem,
  PagePing,
  PageView,
  RemoveFromCart,
  ScreenView,
  SelfDescribingJson,
  SiteSearch,
  Structured,
  SubmitForm,
  Timestamp,
  Transaction,
  TransactionItem,
} from "@oncewire/protocol/snowplow";
import type { EventExtras, TrackableEvent } from "./trackable-event.js";

/** What each of them takes beside its own. */
export interface TrackExtras extends EventExtras {
  /** The event's true timestamp: milliseconds, a Date or an ISO 8601 text. */
  readonly tstamp?: Timestamp | null | undefined;
}

/** An event's own fields, without what all events have. */
type Own<Event> = Omit<
  Event,
  "type" | "entities" | "subject" | "trueTimestamp" | "deviceTimestamp" | "eventId" | "payload"
>;

type Args<Event> = Own<Event> & TrackExtras;

export interface TrackArguments {
  readonly pageView: Args<PageView>;
  readonly pagePing: Args<PagePing>;
  readonly linkClick: Args<LinkClick>;
  readonly addToCart: Args<AddToCart>;
  readonly removeFromCart: Args<RemoveFromCart>;
  readonly formChange: Omit<Args<ChangeForm>, "elementType"> & {
    /** A type that HTML's input element has, in any letters. */
    readonly type?: string | null | undefined;
  };
  readonly formSubmit: Args<SubmitForm>;
  readonly siteSearch: Args<SiteSearch>;
  readonly ecommerceTransactionItem: Args<TransactionItem>;
  readonly ecommerceTransaction: Omit<Args<Transaction>, "total" | "tax"> & {
    readonly totalValue: Transaction["total"];
    readonly taxValue?: Transaction["tax"];
    readonly items?: readonly OrderItem[] | null | undefined;
  };
  readonly screenView: Args<ScreenView>;
  /** Without an id, one is made. */
  readonly mobileScreenView: Omit<Args<MobileScreenView>, "id" | "screenType"> & {
    readonly id?: string | null | undefined;
    readonly type?: MobileScreenView["screenType"];
  };
  readonly structEvent: Args<Structured>;
  readonly selfDescribingEvent: TrackExtras & { readonly eventJson: SelfDescribingJson };
}

type WithoutTime<Event> = Event extends unknown ? Omit<Event, "trueTimestamp"> : never;

/** An event under the names of `track`, but for its time. */
export type TimedEvent = WithoutTime<TrackableEvent> & Pick<TrackExtras, "tstamp">;

export function eventOf({ tstamp, ...event }: TimedEvent): TrackableEvent {
  return { ...event, trueTimestamp: tstamp };
}
