/**
 * A call as the bytes that will be counted, kept and sent: the body of its request, with exactly the fields that
 * A-Track's contract has for it, in the contract's order. No key is among them, nor the id: `frame` sends both as headers.
 */
import type { ByteSlab } from "../byte-slab.js";
import type { Stamp } from "../codec.js";
import type { EncodedEvent } from "../encoded-event.js";
import { isoTime } from "../iso-time.js";
import { writeJson } from "../json.js";
import type { JsonLimits } from "../json.js";
import { failed, ok } from "../problem.js";
import type { Problem, Result } from "../problem.js";
import { quoted } from "../quoted.js";
import { carriedField } from "./carried.js";
import { problem, validate } from "./validate.js";
import type { ValidCall } from "./validate.js";

/** What an encoder needs beside the call. */
export interface EncodeTools {
  /** `{"sdkVersion":"…","uuid":`, with which every body begins. */
  readonly opening: string;
  readonly slab: ByteSlab;
  readonly limits: JsonLimits;
}

export function encode(event: unknown, stamp: Stamp, tools: EncodeTools): Result<EncodedEvent> {
  const checked = validate(event);
  if (!checked.ok) return checked;
  const call = checked.value;
  const objects = new ObjectTexts(call, tools.limits);
  const body = bodyText(call, objects, { opening: tools.opening, now: isoTime(stamp.nowMs) });
  const [first, ...more] = objects.problems;
  if (first !== undefined) return failed(first, ...more);
  const bytes = tools.slab.encode(body);
  if (bytes.length > tools.limits.maxBytes) return failed(objects.tooLarge(bytes.length));
  const encoded = { id: call.id ?? stamp.id, lane: call.uuid, bytes };
  return ok(objects.replaced.length === 0 ? encoded : { ...encoded, replaced: objects.replaced });
}

/** The third field tells the three bodies apart: `frame` reads it to find the address. */
function bodyText(call: ValidCall, objects: ObjectTexts, { opening, now }: { opening: string; now: string }): string {
  const start = opening + quoted(call.uuid);
  switch (call.kind) {
    case "init": {
      const user = `"attributes":${objects.text("attributes")},"profile":${objects.text("profile")}`;
      return `${start},"isNewUser":${call.isNewUser},"mode":"${call.mode}","context":${objects.contextText()},${user}}`;
    }
    case "attributes": {
      const user = `"attributes":${objects.text("attributes")},"profile":${objects.text("profile")}`;
      return `${start},"mode":"${call.mode}",${user}}`;
    }
    case "event": {
      const what = `"event":${quoted(call.event)},"attributes":${objects.text("attributes")}`;
      return `${start},${what},"timestamp":"${call.timestamp ?? now}","context":${objects.contextText()}}`;
    }
  }
}

type ObjectField = "attributes" | "profile" | "context" | "carried";

/** Writes the caller's objects, and notes what cannot be written. */
class ObjectTexts {
  readonly problems: Problem[] = [];
  replaced: readonly Problem[] = [];
  #largestField = "uuid";
  #largestCharacters = 0;
  readonly #call: ValidCall;
  readonly #limits: JsonLimits;

  constructor(call: ValidCall, limits: JsonLimits) {
    this.#call = call;
    this.#limits = limits;
  }

  /** The JSON of one of them; `{}` where there is none. */
  text(field: ObjectField): string {
    const value = this.#call[field];
    if (value === undefined) return "{}";
    const written = writeJson(value, this.#limits, field);
    if (written.kind === "too-large") {
      this.#note(field, written.atLeastBytes);
      this.problems.push(this.tooLarge(written.atLeastBytes));
      return "{}";
    }
    this.#note(field, written.text.length);
    if (written.replaced.length > 0) this.replaced = [...this.replaced, ...written.replaced];
    if (written.text.startsWith("{")) return written.text;
    // What its `toJSON` answers, or a Map whose keys are no texts.
    const message =
      "Expected an object that JSON writes as one, got one that it writes otherwise; pass a plain object.";
    this.problems.push(problem(field, "wrong-type", message));
    return "{}";
  }

  /** The context, and in it what the wire has no field for. */
  contextText(): string {
    const context = this.text("context");
    const base = context.includes(`"${carriedField}":`) ? withoutOurs(context) : context;
    if (this.#call.carried === undefined) return base;
    const carried = `"${carriedField}":${this.text("carried")}}`;
    return base === "{}" ? `{${carried}` : `${base.slice(0, -1)},${carried}`;
  }

  tooLarge(bytes: number): Problem {
    const message =
      `Expected a call of at most ${this.#limits.maxBytes} bytes, got ${bytes} or more; ` +
      `its largest field is ${this.#largestField}: shorten it or raise maxEventBytes.`;
    return problem(this.#largestField, "too-large", message);
  }

  #note(field: ObjectField, characters: number): void {
    if (characters <= this.#largestCharacters) return;
    this.#largestField = field;
    this.#largestCharacters = characters;
  }
}

function withoutOurs(text: string): string {
  const value: object = JSON.parse(text);
  return JSON.stringify(Object.fromEntries(Object.entries(value).filter(([name]) => name !== carriedField)));
}
