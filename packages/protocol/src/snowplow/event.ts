/**
 * What callers may say to Snowplow: the events its trackers have, under their names in today's documents.
 * docs/protocols/snowplow.md has the table of what each becomes on the wire.
 */
import type { costModels, inputTypes, nodeNames } from "./data-forms.js";
import type { Platform } from "./payload-keys.js";

/** Text, or what is sent as text. A whole number above 2^53 is refused: it would arrive as another one. */
export type TextValue = string | number | bigint;

/** A number, or its text where a double cannot hold it: `"12.50"`. */
export type DecimalValue = number | bigint | string;

/** A Date, an ISO 8601 text (UTC where it names no zone), or milliseconds since the epoch. */
export type Timestamp = Date | string | number;

/** Pixels, or `1366x768`. */
export type Size = { readonly width: number; readonly height: number } | string;

/** Data that names its schema: `iglu:vendor/name/jsonschema/1-0-0`. */
export interface SelfDescribingJson {
  readonly schema: string;
  readonly data: unknown;
}

/** Whose event it is, and on what. */
export interface SubjectFields {
  /** @default the encoder's platform */
  readonly platform?: Platform | null | undefined;
  readonly userId?: TextValue | null | undefined;
  readonly screenResolution?: Size | null | undefined;
  readonly viewport?: Size | null | undefined;
  readonly colorDepth?: TextValue | null | undefined;
  readonly timezone?: string | null | undefined;
  readonly language?: string | null | undefined;
  /** The id a browser was given by the first-party cookie. */
  readonly domainUserId?: TextValue | null | undefined;
  /** A UUID: the pipeline refuses any other. */
  readonly domainSessionId?: string | null | undefined;
  readonly domainSessionIndex?: number | string | null | undefined;
  readonly ipAddress?: string | null | undefined;
  readonly userAgent?: string | null | undefined;
  /** The id a browser was given by the collector's cookie. */
  readonly networkUserId?: string | null | undefined;
}

/** What every event takes. */
export interface CommonFields {
  readonly subject?: SubjectFields | null | undefined;
  /** What the event is about or happened near; Snowplow calls them contexts, too. */
  readonly entities?: readonly SelfDescribingJson[] | null | undefined;
  /** When it happened, taken by Snowplow as it is. */
  readonly trueTimestamp?: Timestamp | null | undefined;
  /** When it happened by this machine's clock; Snowplow corrects it. @default the time of the call */
  readonly deviceTimestamp?: Timestamp | null | undefined;
  /** The event's id for ever: a UUID. @default a new one */
  readonly eventId?: string | null | undefined;
  /** More pairs, under keys of the tracker protocol; the fields above and the event's own come before them. */
  readonly payload?: Readonly<Record<string, TextValue | boolean | null | undefined>> | null | undefined;
}

export interface PageView extends CommonFields {
  readonly type: "page_view";
  readonly pageUrl?: string | null | undefined;
  readonly pageTitle?: string | null | undefined;
  readonly referrer?: string | null | undefined;
}

/** A page that is still being read. */
export interface PagePing extends CommonFields {
  readonly type: "page_ping";
  readonly pageUrl?: string | null | undefined;
  readonly pageTitle?: string | null | undefined;
  readonly referrer?: string | null | undefined;
  /** Offsets are whole pixels. */
  readonly minX?: number | string | null | undefined;
  readonly maxX?: number | string | null | undefined;
  readonly minY?: number | string | null | undefined;
  readonly maxY?: number | string | null | undefined;
}

/** A screen of an app; one of `name` and `id` is required. */
export interface ScreenView extends CommonFields {
  readonly type: "screen_view";
  readonly name?: string | null | undefined;
  readonly id?: string | null | undefined;
}

/** A screen of an app, in the form of the mobile trackers. */
export interface MobileScreenView extends CommonFields {
  readonly type: "mobile_screen_view";
  readonly name: string;
  /** A UUID. */
  readonly id: string;
  readonly screenType?: string | null | undefined;
  readonly previousName?: string | null | undefined;
  /** A UUID. */
  readonly previousId?: string | null | undefined;
  readonly previousType?: string | null | undefined;
  readonly transitionType?: string | null | undefined;
}

export interface Structured extends CommonFields {
  readonly type: "structured";
  readonly category?: TextValue | null | undefined;
  readonly action?: TextValue | null | undefined;
  readonly label?: TextValue | null | undefined;
  readonly property?: TextValue | null | undefined;
  readonly value?: DecimalValue | null | undefined;
}

export interface SelfDescribing extends CommonFields, SelfDescribingJson {
  readonly type: "self_describing";
}

export interface LinkClick extends CommonFields {
  readonly type: "link_click";
  readonly targetUrl: string;
  readonly elementId?: string | null | undefined;
  readonly elementClasses?: readonly string[] | null | undefined;
  readonly elementTarget?: string | null | undefined;
  readonly elementContent?: string | null | undefined;
}

interface CartFields extends CommonFields {
  readonly sku: string;
  readonly quantity: number;
  readonly name?: string | null | undefined;
  readonly category?: string | null | undefined;
  readonly unitPrice?: number | null | undefined;
  readonly currency?: string | null | undefined;
}

export interface AddToCart extends CartFields {
  readonly type: "add_to_cart";
}

export interface RemoveFromCart extends CartFields {
  readonly type: "remove_from_cart";
}

type NodeName = (typeof nodeNames)[number];
type InputType = (typeof inputTypes)[number];

interface FormElementFields extends CommonFields {
  readonly formId: string;
  readonly elementId: string;
  readonly nodeName: NodeName;
  readonly elementType?: InputType | null | undefined;
  readonly elementClasses?: readonly string[] | null | undefined;
  /** Null where the element holds none. */
  readonly value: string | null;
}

export interface ChangeForm extends FormElementFields {
  readonly type: "change_form";
}

export interface FocusForm extends FormElementFields {
  readonly type: "focus_form";
}

/** An element of a form that was sent. */
export interface FormElement {
  readonly name: string;
  readonly value: string | null;
  readonly nodeName: NodeName;
  readonly type?: InputType;
}

export interface SubmitForm extends CommonFields {
  readonly type: "submit_form";
  readonly formId: string;
  readonly formClasses?: readonly string[] | null | undefined;
  readonly elements?: readonly FormElement[] | null | undefined;
}

export interface SiteSearch extends CommonFields {
  readonly type: "site_search";
  /** At least one. */
  readonly terms: readonly string[];
  readonly filters?: Readonly<Record<string, string | boolean>> | null | undefined;
  readonly totalResults?: number | null | undefined;
  readonly pageResults?: number | null | undefined;
}

type CostModel = (typeof costModels)[number];

interface AdFields extends CommonFields {
  /** How the cost is counted: by action, by click, by thousand impressions. */
  readonly costModel?: CostModel | null | undefined;
  readonly advertiserId?: string | null | undefined;
  readonly campaignId?: string | null | undefined;
}

interface ShownAdFields extends AdFields {
  /** Not below zero, and only with `costModel`. */
  readonly cost?: number | null | undefined;
  readonly impressionId?: string | null | undefined;
  readonly bannerId?: string | null | undefined;
  readonly zoneId?: string | null | undefined;
}

/** An advertisement that was shown; one field is required, whichever. */
export interface AdImpression extends ShownAdFields {
  readonly type: "ad_impression";
  readonly targetUrl?: string | null | undefined;
}

export interface AdClick extends ShownAdFields {
  readonly type: "ad_click";
  readonly targetUrl: string;
  readonly clickId?: string | null | undefined;
}

/** What an advertisement led to; one field is required, whichever. */
export interface AdConversion extends AdFields {
  readonly type: "ad_conversion";
  readonly conversionId?: string | null | undefined;
  readonly cost?: number | null | undefined;
  readonly category?: string | null | undefined;
  readonly action?: string | null | undefined;
  readonly property?: string | null | undefined;
  /** What the conversion is worth at first. */
  readonly initialValue?: number | null | undefined;
}

/** A like, a share and the like on a social network. */
export interface SocialInteraction extends CommonFields {
  readonly type: "social_interaction";
  readonly action: string;
  readonly network: string;
  /** What was liked or shared. */
  readonly target?: string | null | undefined;
}

/** What was consented to are the event's entities: `consentDocument` makes them. */
export interface ConsentGranted extends CommonFields {
  readonly type: "consent_granted";
  readonly expiry?: Date | string | null | undefined;
}

export interface ConsentWithdrawn extends CommonFields {
  readonly type: "consent_withdrawn";
  /** Whether all consent ends, and not that of the event's documents alone. */
  readonly all: boolean;
}

/** An order. Its items are events of their own: `transactionEvents` makes both. */
export interface Transaction extends CommonFields {
  readonly type: "transaction";
  readonly orderId: TextValue;
  readonly total?: DecimalValue | null | undefined;
  readonly affiliation?: string | null | undefined;
  readonly tax?: DecimalValue | null | undefined;
  readonly shipping?: DecimalValue | null | undefined;
  readonly city?: string | null | undefined;
  readonly state?: string | null | undefined;
  readonly country?: string | null | undefined;
  /** Three letters. */
  readonly currency?: string | null | undefined;
}

export interface TransactionItem extends CommonFields {
  readonly type: "transaction_item";
  readonly orderId: TextValue;
  readonly sku: TextValue;
  readonly name?: string | null | undefined;
  readonly category?: string | null | undefined;
  readonly price?: DecimalValue | null | undefined;
  /** A whole number. */
  readonly quantity?: number | string | null | undefined;
  /** Three letters. */
  readonly currency?: string | null | undefined;
}

/** An event as pairs of the tracker protocol; `payload.e` says which. */
export interface RawEvent extends CommonFields {
  readonly type: "raw";
  readonly payload: Readonly<Record<string, TextValue | boolean | null | undefined>>;
}

export type SnowplowEvent =
  | PageView
  | PagePing
  | ScreenView
  | MobileScreenView
  | Structured
  | SelfDescribing
  | LinkClick
  | AddToCart
  | RemoveFromCart
  | ChangeForm
  | FocusForm
  | SubmitForm
  | SiteSearch
  | AdImpression
  | AdClick
  | AdConversion
  | SocialInteraction
  | ConsentGranted
  | ConsentWithdrawn
  | Transaction
  | TransactionItem
  | RawEvent;
export type EventType = SnowplowEvent["type"];
