import type { CommonFields, SelfDescribingJson, SnowplowEvent, SubjectFields } from "@oncewire/protocol/snowplow";
import type { Subject } from "./subject.js";

/** What every event takes in this client's words: other names of `entities` and `subject`. */
export interface EventExtras {
  /** What the event is about or happened near. */
  readonly context?: readonly SelfDescribingJson[] | null | undefined;
  /** Whose event it is; what it does not say, the tracker's subject says. */
  readonly eventSubject?: Subject | SubjectFields | null | undefined;
}

/** An event as `track` takes it: an instance of one of the classes, or an object that names its `type`. */
export type TrackableEvent = SnowplowEvent & EventExtras;

/** What the constructors of events take beside the event's own. */
export interface EventArgs extends EventExtras, Pick<CommonFields, "trueTimestamp" | "eventId"> {}
