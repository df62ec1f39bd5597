/**
 * A worker's side of the link: keeps requests, asks limits and tells facts in the process that has the log. Requests that
 * wait for their acknowledgement are held up to `maxUnacknowledgedBytes`; those beyond are not kept, and neither is known
 * to be when the link is lost: their senders come back, and what comes twice is stored once.
 */
import type { UserTruth } from "@oncewire/protocol";
import type { KeepResult, RequestKeeper } from "../ingest/request-keeper.js";
import type { Frame } from "./frame.js";
import type { Link } from "./link.js";
import { jsonPayload, keepPayload, readJsonPayload, readPositionPayload } from "./messages.js";
import type { Answers, Fact, LimitName, Question } from "./messages.js";

export interface OwnerClient {
  readonly keeper: RequestKeeper;
  limit(name: LimitName): { take(who: string): Promise<number | null> };
  tell(fact: Fact): void;
  /** A frame that came. */
  hear(frame: Frame): void;
  /** Nothing is answered any more. */
  lost(): void;
}

export interface OwnerClientParts {
  readonly link: Pick<Link, "send">;
  /** @default 33554432 */
  readonly maxUnacknowledgedBytes?: number;
}

const defaultMaxUnacknowledgedBytes = 32 * 1024 * 1024;
const unavailable: KeepResult = { kind: "unavailable" };

export function createOwnerClient(parts: OwnerClientParts): OwnerClient {
  return new LinkedClient(parts);
}

interface WaitingRequest {
  readonly bytes: number;
  readonly resolve: (result: KeepResult) => void;
}

class LinkedClient implements OwnerClient {
  readonly keeper: RequestKeeper;
  readonly #link: Pick<Link, "send">;
  readonly #maxUnacknowledgedBytes: number;
  readonly #requests = new Map<number, WaitingRequest>();
  readonly #questions = new Map<number, (answer: unknown) => void>();
  #unacknowledgedBytes = 0;
  #lastId = 0;
  #isLost = false;

  constructor({ link, maxUnacknowledgedBytes = defaultMaxUnacknowledgedBytes }: OwnerClientParts) {
    this.#link = link;
    this.#maxUnacknowledgedBytes = maxUnacknowledgedBytes;
    this.keeper = {
      keep: (request) => this.#keep(keepPayload(request)),
      truthOf: async (question) => (await this.#ask({ kind: "truth", question })) as UserTruth | null,
    };
  }

  limit(name: LimitName): { take(who: string): Promise<number | null> } {
    return {
      take: async (who) => (await this.#ask({ kind: "limit", limit: name, who })) as Answers["limit"],
    };
  }

  tell(fact: Fact): void {
    this.#link.send("tell", 0, jsonPayload(fact));
  }

  hear({ kind, id, payload }: Frame): void {
    switch (kind) {
      case "kept":
        return this.#settle(id, { kind: "kept", position: readPositionPayload(payload) });
      case "unavailable":
        return this.#settle(id, unavailable);
      case "answer": {
        const answer = this.#questions.get(id);
        this.#questions.delete(id);
        return answer?.(readJsonPayload(payload));
      }
      case "keep":
      case "ask":
      case "tell":
        throw new Error(`expected an answer, got a frame \`${kind}\``);
    }
  }

  lost(): void {
    this.#isLost = true;
    for (const id of this.#requests.keys()) this.#settle(id, unavailable);
    for (const answer of this.#questions.values()) answer(null);
    this.#questions.clear();
  }

  #keep(payload: readonly Uint8Array[]): Promise<KeepResult> {
    const bytes = payload.reduce((sum, part) => sum + part.byteLength, 0);
    const isTooMuch = this.#requests.size > 0 && this.#unacknowledgedBytes + bytes > this.#maxUnacknowledgedBytes;
    if (this.#isLost || isTooMuch) return Promise.resolve(unavailable);
    return new Promise((resolve) => {
      const id = this.#nextId();
      this.#requests.set(id, { bytes, resolve });
      this.#unacknowledgedBytes += bytes;
      this.#link.send("keep", id, payload);
    });
  }

  #settle(id: number, result: KeepResult): void {
    const request = this.#requests.get(id);
    if (request === undefined) return;
    this.#requests.delete(id);
    this.#unacknowledgedBytes -= request.bytes;
    request.resolve(result);
  }

  #ask(question: Question): Promise<unknown> {
    if (this.#isLost) return Promise.resolve(null);
    return new Promise((resolve) => {
      const id = this.#nextId();
      this.#questions.set(id, resolve);
      this.#link.send("ask", id, jsonPayload(question));
    });
  }

  #nextId(): number {
    this.#lastId = (this.#lastId + 1) % 0x1_0000_0000;
    return this.#lastId;
  }
}
