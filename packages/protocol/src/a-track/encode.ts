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
  const notes: Notes = {
    limits: tools.limits,
    problems: none,
    replaced: none,
    largestField: "uuid",
    largestCharacters: 0,
  };
  const bytes = tools.slab.encode(bodyText(call, notes, { opening: tools.opening, nowMs: stamp.nowMs }));
  const [first, ...more] = notes.problems;
  if (first !== undefined) return failed(first, ...more);
  if (bytes.length > tools.limits.maxBytes) return failed(tooLarge(notes, bytes.length));
  const encoded = { id: call.id ?? stamp.id, lane: call.uuid, bytes };
  return ok(notes.replaced.length === 0 ? encoded : { ...encoded, replaced: notes.replaced });
}

/** What comes up while the caller's objects are written. A plain object: one is made for every call. */
interface Notes {
  readonly limits: JsonLimits;
  problems: readonly Problem[];
  replaced: readonly Problem[];
  largestField: string;
  largestCharacters: number;
}

const none: readonly Problem[] = Object.freeze([]);

interface Beginning {
  readonly opening: string;
  readonly nowMs: number;
}

/** The third field tells the three bodies apart: `frame` reads it to find the address. */
function bodyText(call: ValidCall, notes: Notes, { opening, nowMs }: Beginning): string {
  const text = (field: ObjectField): string => objectText(field, call[field], notes);
  const start = opening + quoted(call.uuid);
  switch (call.kind) {
    case "init": {
      const user = `"attributes":${text("attributes")},"profile":${text("profile")}`;
      return `${start},"isNewUser":${call.isNewUser},"mode":"${call.mode}","context":${contextText(call, notes)},${user}}`;
    }
    case "attributes": {
      const user = `"attributes":${text("attributes")},"profile":${text("profile")}`;
      return `${start},"mode":"${call.mode}",${user}}`;
    }
    case "event": {
      const what = `"event":${quoted(call.event)},"attributes":${text("attributes")}`;
      const timestamp = call.timestamp ?? isoTime(nowMs);
      return `${start},${what},"timestamp":"${timestamp}","context":${contextText(call, notes)}}`;
    }
  }
}

type ObjectField = "attributes" | "profile" | "context" | "carried";

/** The JSON of one of the caller's objects; `{}` where there is none, and where it cannot be written, which is noted. */
function objectText(field: ObjectField, value: object | undefined, notes: Notes): string {
  if (value === undefined) return "{}";
  const written = writeJson(value, notes.limits, field);
  if (written.kind === "too-large") {
    noteSize(field, written.atLeastBytes, notes);
    notes.problems = [...notes.problems, tooLarge(notes, written.atLeastBytes)];
    return "{}";
  }
  noteSize(field, written.text.length, notes);
  if (written.replaced.length > 0) notes.replaced = [...notes.replaced, ...written.replaced];
  if (written.text.startsWith("{")) return written.text;
  // What its `toJSON` answers, or a Map whose keys are no texts.
  const message = "Expected an object that JSON writes as one, got one that it writes otherwise; pass a plain object.";
  notes.problems = [...notes.problems, problem(field, "wrong-type", message)];
  return "{}";
}

/** The context, and in it what the wire has no field for. */
function contextText(call: ValidCall, notes: Notes): string {
  const context = objectText("context", call.context, notes);
  const base = context.includes(`"${carriedField}":`) ? withoutOurs(context) : context;
  if (call.carried === undefined) return base;
  const carried = `"${carriedField}":${objectText("carried", call.carried, notes)}}`;
  return base === "{}" ? `{${carried}` : `${base.slice(0, -1)},${carried}`;
}

function noteSize(field: ObjectField, characters: number, notes: Notes): void {
  if (characters <= notes.largestCharacters) return;
  notes.largestField = field;
  notes.largestCharacters = characters;
}

function tooLarge({ limits, largestField }: Notes, bytes: number): Problem {
  const message =
    `Expected a call of at most ${limits.maxBytes} bytes, got ${bytes} or more; ` +
    `its largest field is ${largestField}: shorten it or raise maxEventBytes.`;
  return problem(largestField, "too-large", message);
}

function withoutOurs(text: string): string {
  const value: object = JSON.parse(text);
  return JSON.stringify(Object.fromEntries(Object.entries(value).filter(([name]) => name !== carriedField)));
}
