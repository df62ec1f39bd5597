/** The collector's side of a link: does for one worker what its own accept path does for itself. */
import type { Latencies } from "../ingest/latencies.js";
import type { Ledger } from "../ingest/ledger.js";
import type { RequestKeeper } from "../ingest/request-keeper.js";
import type { Limit } from "../http/ingest-handler.js";
import type { CollectorReport } from "../report.js";
import type { Frame } from "./frame.js";
import type { Link } from "./link.js";
import { jsonPayload, positionPayload, readJsonPayload, readKeepPayload } from "./messages.js";
import type { Answers, Fact, LimitName, Question } from "./messages.js";

/** Everything the accept path shares, whichever process a connection is in. */
export interface SharedDesk {
  readonly keeper: RequestKeeper;
  readonly ledger: Pick<Ledger, "cut" | "refused" | "unkept">;
  readonly latencies: Pick<Latencies, "observe">;
  readonly limits: Readonly<Record<LimitName, Limit | null>>;
  readonly onReport: (report: CollectorReport) => void;
}

export interface OwnerDeskParts {
  readonly desk: SharedDesk;
  readonly link: Pick<Link, "send">;
  readonly onTaken: (connection: number) => void;
  readonly onReleased: (connection: number) => void;
}

/** Takes the frames of one worker. */
export function createOwnerDesk(parts: OwnerDeskParts): (frame: Frame) => void {
  const { desk, link } = parts;
  const failed = (error: unknown): void => desk.onReport({ kind: "failed", message: String(error) });
  return ({ kind, id, payload }) => {
    switch (kind) {
      case "keep":
        return void keep(parts, id, payload).catch((error: unknown) => {
          failed(error);
          link.send("unavailable", id);
        });
      case "ask":
        return void answer(desk, readJsonPayload(payload) as Question)
          .catch((error: unknown) => {
            failed(error);
            return null;
          })
          .then((value) => link.send("answer", id, jsonPayload(value)));
      case "tell":
        return note(parts, readJsonPayload(payload) as Fact);
      case "kept":
      case "unavailable":
      case "answer":
        throw new Error(`expected a worker's frame, got \`${kind}\``);
    }
  };
}

async function keep({ desk, link }: OwnerDeskParts, id: number, payload: Uint8Array): Promise<void> {
  const result = await desk.keeper.keep(readKeepPayload(payload));
  if (result.kind === "kept") link.send("kept", id, positionPayload(result.position));
  else link.send("unavailable", id);
}

async function answer({ keeper, limits }: SharedDesk, question: Question): Promise<Answers[keyof Answers]> {
  switch (question.kind) {
    case "limit":
      return (await limits[question.limit]?.take(question.who)) ?? null;
    case "truth":
      return keeper.truthOf(question.question);
  }
}

function note({ desk, onTaken, onReleased }: OwnerDeskParts, fact: Fact): void {
  switch (fact.kind) {
    case "taken":
      return onTaken(fact.connection);
    case "released":
      return onReleased(fact.connection);
    case "refused":
      return desk.ledger.refused(fact.reason);
    case "unkept":
      return desk.ledger.unkept(fact.reason);
    case "cut":
      return desk.ledger.cut(fact.reason);
    case "observed":
      return desk.latencies.observe(fact.ms);
    case "reported":
      return desk.onReport(fact.report);
  }
}
