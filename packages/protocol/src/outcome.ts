/**
 * What an answer means for the batch it answers. A codec only names it; what is done about it (when to try again,
 * whom to tell) is the delivery engine's decision, once for all destinations.
 */
export type Outcome =
  /** Every event of the batch is kept by the destination. */
  | { readonly kind: "delivered" }
  /** Not now: the same bytes later, not before `afterMs` if the destination gave a time. */
  | { readonly kind: "retry"; readonly reason: string; readonly afterMs?: number }
  /** The request is too large: smaller batches will pass; an event that is too large alone will not. */
  | { readonly kind: "split"; readonly reason: string }
  /** The destination judged the events one by one; indexes into the batch. What is named in neither is delivered. */
  | {
      readonly kind: "partial";
      readonly rejected: readonly { readonly index: number; readonly reason: string }[];
      readonly retry: readonly number[];
    }
  /** The destination will never take this batch. With several events in it, some of them may be innocent. */
  | { readonly kind: "rejected"; readonly reason: string }
  /** The destination refuses us, not the events: wrong or disabled key, wrong address. They are kept, and it waits. */
  | { readonly kind: "denied"; readonly reason: string };
