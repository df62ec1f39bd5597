import type { Arrival, Enrichment, Receiver, RequestHead, WireRequest, WireResponse } from "@oncewire/protocol";
import { encodeRecord } from "../log/accept-log.js";
import type { UnkeptReason } from "../report.js";
import type { BodyBytes } from "./body-bytes.js";
import type { CountedRecord, RequestKeeper } from "./request-keeper.js";

/** A request that may come in: its key is known and its body is whole. */
export interface IncomingRequest {
  readonly receiver: Receiver;
  readonly head: RequestHead;
  readonly arrival: Arrival;
  /** As received: this is what the log keeps. */
  readonly received: BodyBytes;
  /** With content-encoding undone. */
  readonly unpacked: BodyBytes;
  /** Whether the sender may also read: only then a reply tells what others said of a user. */
  readonly mayRead: () => boolean;
}

export type IngestResult =
  | { readonly kind: "answered"; readonly reply: WireResponse }
  /** There is nothing to keep of it. */
  | { readonly kind: "unkept"; readonly reason: UnkeptReason; readonly reply: WireResponse }
  /** The log takes nothing now; the request is not kept and the sender must come back. */
  | { readonly kind: "unavailable" };

export interface Ingest {
  /**
   * Decodes, keeps, and only then answers. Never throws for what a client sent. It is done with `unpacked` when it returns,
   * and with `received` when what it returned is resolved.
   */
  accept(request: IncomingRequest): Promise<IngestResult>;
}

export function createIngest(keeper: RequestKeeper): Ingest {
  return {
    accept(request) {
      const looked = lookInto(request);
      return looked.kind === "unkept" ? Promise.resolve(looked) : keep(keeper, looked);
    },
  };
}

/** All that is held of a request while it is being kept: what was made of its body is let go before. */
interface Looked {
  readonly kind: "to-keep";
  readonly record: CountedRecord;
  readonly reply: WireResponse;
  readonly question: Question | null;
}

type Unkept = IngestResult & { readonly kind: "unkept" };

/** Whose truth belongs into the reply, on a wire that has a place for it. */
interface Question {
  readonly project: string;
  readonly enrichment: Enrichment;
  readonly mayRead: () => boolean;
}

function lookInto({ receiver, head, arrival, received, unpacked, mayRead }: IncomingRequest): Looked | Unkept {
  const { method, path, query, headers } = head;
  const request: WireRequest = {
    method,
    path,
    query,
    headers,
    get body() {
      return unpacked.whole;
    },
  };
  const away = receiver.turnAway?.(request, arrival) ?? null;
  if (away !== null) return { kind: "unkept", ...away };
  const { isEmpty, events, bad, reply, enrichment } = foundIn(receiver, request, arrival);
  if (isEmpty) return { kind: "unkept", reason: "empty", reply };
  const record = encodeRecord({ protocol: receiver.protocol, arrival, head }, received.pieces);
  return {
    kind: "to-keep",
    record: { record, events, bad, bytes: received.byteLength },
    reply,
    question: enrichment === null ? null : { project: arrival.project, enrichment, mayRead },
  };
}

interface Found {
  readonly isEmpty: boolean;
  /** What of both is known now. */
  readonly events: number;
  readonly bad: number;
  readonly reply: WireResponse;
  readonly enrichment: Enrichment | null;
}

/** No more than the answer takes: most requests are good, and on some wires that is plain to see or does not matter. */
function foundIn(receiver: Receiver, request: WireRequest, arrival: Arrival): Found {
  if (receiver.answer !== undefined) return unread(receiver.answer(request, arrival), 0);
  const skimmed = receiver.skim?.(request, arrival) ?? null;
  if (skimmed !== null) return unread(skimmed.reply, skimmed.count);
  const decoded = receiver.decode(request, arrival);
  const { count, bad, reply } = decoded;
  const enrichment = receiver.enrich?.(decoded, arrival) ?? null;
  return { isEmpty: count === 0 && bad.length === 0, events: count, bad: bad.length, reply, enrichment };
}

function unread(reply: WireResponse, events: number): Found {
  return { isEmpty: false, events, bad: 0, reply, enrichment: null };
}

async function keep(keeper: RequestKeeper, { record, reply, question }: Looked): Promise<IngestResult> {
  const result = await keeper.keep(record);
  if (result.kind === "unavailable") return result;
  const told = question === null ? null : await toldOf(keeper, question, result.position);
  return { kind: "answered", reply: told ?? reply };
}

/** The reply with what is known of the user; null where that is not known in time. */
async function toldOf(
  keeper: RequestKeeper,
  { project, enrichment, mayRead }: Question,
  position: number,
): Promise<WireResponse | null> {
  const { userId, eventId } = enrichment;
  const truth = await keeper.truthOf({ position, project, userId, eventId });
  if (truth === null) return null;
  return enrichment.reply(mayRead() ? truth : { ...truth, attributes: null });
}
