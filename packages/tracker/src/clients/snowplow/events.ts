/**
 * The events that have a class: each is the event as `track` takes it, with fields that may be set until then. Every
 * other event is an object that names its `type`. An event may be tracked again: that is another event, with an id and a
 * time of its own.
 */
import type {
  MobileScreenView,
  PagePing as PagePingFields,
  PageView as PageViewFields,
  SelfDescribingJson,
  Structured,
} from "@oncewire/protocol/snowplow";
import { checkEvent } from "./event-contracts.js";
import type { EventArgs } from "./trackable-event.js";

export interface PageViewArgs extends EventArgs {
  readonly pageUrl: string;
  readonly pageTitle?: PageViewFields["pageTitle"];
  readonly referrer?: PageViewFields["referrer"];
}

/** A page that was viewed. */
export class PageView {
  readonly type = "page_view";
  pageUrl: string;
  pageTitle: PageViewFields["pageTitle"];
  referrer: PageViewFields["referrer"];
  context: EventArgs["context"];
  eventSubject: EventArgs["eventSubject"];
  trueTimestamp: EventArgs["trueTimestamp"];
  eventId: EventArgs["eventId"];

  constructor(args: PageViewArgs) {
    this.pageUrl = args.pageUrl;
    this.pageTitle = args.pageTitle;
    this.referrer = args.referrer;
    this.context = args.context;
    this.eventSubject = args.eventSubject;
    this.trueTimestamp = args.trueTimestamp;
    this.eventId = args.eventId;
    checkEvent(this);
  }
}

export interface PagePingArgs extends EventArgs {
  readonly pageUrl: string;
  readonly pageTitle?: PagePingFields["pageTitle"];
  readonly referrer?: PagePingFields["referrer"];
  readonly minX?: PagePingFields["minX"];
  readonly maxX?: PagePingFields["maxX"];
  readonly minY?: PagePingFields["minY"];
  readonly maxY?: PagePingFields["maxY"];
}

/** A page that is still being read; offsets are whole pixels. */
export class PagePing {
  readonly type = "page_ping";
  pageUrl: string;
  pageTitle: PagePingFields["pageTitle"];
  referrer: PagePingFields["referrer"];
  minX: PagePingFields["minX"];
  maxX: PagePingFields["maxX"];
  minY: PagePingFields["minY"];
  maxY: PagePingFields["maxY"];
  context: EventArgs["context"];
  eventSubject: EventArgs["eventSubject"];
  trueTimestamp: EventArgs["trueTimestamp"];
  eventId: EventArgs["eventId"];

  constructor(args: PagePingArgs) {
    this.pageUrl = args.pageUrl;
    this.pageTitle = args.pageTitle;
    this.referrer = args.referrer;
    this.minX = args.minX;
    this.maxX = args.maxX;
    this.minY = args.minY;
    this.maxY = args.maxY;
    this.context = args.context;
    this.eventSubject = args.eventSubject;
    this.trueTimestamp = args.trueTimestamp;
    this.eventId = args.eventId;
    checkEvent(this);
  }
}

export interface ScreenViewArgs extends EventArgs {
  readonly id: string;
  readonly name: string;
  readonly screenType?: MobileScreenView["screenType"];
  readonly previousName?: MobileScreenView["previousName"];
  readonly previousId?: MobileScreenView["previousId"];
  readonly previousType?: MobileScreenView["previousType"];
  readonly transitionType?: MobileScreenView["transitionType"];
}

/** A screen of an app; its id is a UUID. */
export class ScreenView {
  readonly type = "mobile_screen_view";
  id: string;
  name: string;
  screenType: MobileScreenView["screenType"];
  previousName: MobileScreenView["previousName"];
  previousId: MobileScreenView["previousId"];
  previousType: MobileScreenView["previousType"];
  transitionType: MobileScreenView["transitionType"];
  context: EventArgs["context"];
  eventSubject: EventArgs["eventSubject"];
  trueTimestamp: EventArgs["trueTimestamp"];
  eventId: EventArgs["eventId"];

  constructor(args: ScreenViewArgs) {
    this.id = args.id;
    this.name = args.name;
    this.screenType = args.screenType;
    this.previousName = args.previousName;
    this.previousId = args.previousId;
    this.previousType = args.previousType;
    this.transitionType = args.transitionType;
    this.context = args.context;
    this.eventSubject = args.eventSubject;
    this.trueTimestamp = args.trueTimestamp;
    this.eventId = args.eventId;
    checkEvent(this);
  }
}

export interface StructuredEventArgs extends EventArgs {
  readonly category: string;
  readonly action: string;
  readonly label?: Structured["label"];
  readonly property?: Structured["property"];
  readonly value?: Structured["value"];
}

/** An action in a category. */
export class StructuredEvent {
  readonly type = "structured";
  category: string;
  action: string;
  label: Structured["label"];
  property: Structured["property"];
  value: Structured["value"];
  context: EventArgs["context"];
  eventSubject: EventArgs["eventSubject"];
  trueTimestamp: EventArgs["trueTimestamp"];
  eventId: EventArgs["eventId"];

  constructor(args: StructuredEventArgs) {
    this.category = args.category;
    this.action = args.action;
    this.label = args.label;
    this.property = args.property;
    this.value = args.value;
    this.context = args.context;
    this.eventSubject = args.eventSubject;
    this.trueTimestamp = args.trueTimestamp;
    this.eventId = args.eventId;
    checkEvent(this);
  }
}

export interface SelfDescribingArgs extends EventArgs {
  readonly eventJson: SelfDescribingJson;
}

/** An event of one's own, described by a schema. */
export class SelfDescribing {
  readonly type = "self_describing";
  schema: string;
  data: unknown;
  context: EventArgs["context"];
  eventSubject: EventArgs["eventSubject"];
  trueTimestamp: EventArgs["trueTimestamp"];
  eventId: EventArgs["eventId"];

  constructor(args: SelfDescribingArgs) {
    this.schema = args.eventJson?.schema;
    this.data = args.eventJson?.data;
    this.context = args.context;
    this.eventSubject = args.eventSubject;
    this.trueTimestamp = args.trueTimestamp;
    this.eventId = args.eventId;
    checkEvent(this);
  }
}
