/**
 * What a caller said, or what came in on the wire, checked once: `unknown` in, a call with nothing left open out, or
 * everything that is wrong with it. Each field is read once, so that a getter cannot answer twice.
 */
import type { JsonObject } from "../event.js";
import { isCanonicalTime, isoTime, isTimeMs, parseIsoTime } from "../iso-time.js";
import { isDate, isPlain, objectTag } from "../object-tag.js";
import { failed, ok } from "../problem.js";
import type { Problem, Result } from "../problem.js";
import { callNames, modes } from "./event.js";
import type { CallName, Mode } from "./event.js";

/** What can be wrong with a call. */
export const problemCodes = [
  "not-an-event",
  "unknown-kind",
  "no-identity",
  "no-event-name",
  "unknown-mode",
  "wrong-type",
  "invalid-timestamp",
  "too-large",
] as const;
export type ProblemCode = (typeof problemCodes)[number];

/** A call that may be sent. Absent objects are undefined, and written as empty ones. */
export interface ValidCall {
  readonly kind: CallName;
  readonly id: string | undefined;
  readonly uuid: string;
  readonly isNewUser: boolean;
  readonly mode: Mode;
  /** Empty for calls that are no events. */
  readonly event: string;
  /** ISO 8601, UTC, milliseconds. */
  readonly timestamp: string | undefined;
  readonly attributes: object | undefined;
  readonly profile: object | undefined;
  readonly context: object | undefined;
  readonly carried: object | undefined;
}

export function validate(call: unknown): Result<ValidCall> {
  if (typeof call !== "object" || call === null) {
    return failed(problem("", "not-an-event", `Expected an object with a "kind", got ${describe(call)}.`));
  }
  try {
    const reader = new Reader(call);
    const kind = reader.choice("kind", callNames, "unknown-kind") ?? "event";
    return checked(reader, readBody(kind, reader, { id: reader.text("id"), carried: reader.object("carried") }));
  } catch {
    const message = "Expected an object whose fields can be read, got one that throws; pass a plain object.";
    return failed(problem("", "not-an-event", message));
  }
}

/** The same for a body off the wire, where the address says which call it is and a header its id. */
export function validateBody(kind: CallName, body: JsonObject): Result<ValidCall> {
  const reader = new Reader(body);
  return checked(reader, readBody(kind, reader, notInBody));
}

function checked({ problems }: Reader, valid: ValidCall): Result<ValidCall> {
  const [first, ...more] = problems;
  return first === undefined ? ok(valid) : failed(first, ...more);
}

type BesideBody = Pick<ValidCall, "id" | "carried">;

const notInBody: BesideBody = { id: undefined, carried: undefined };

function readBody(kind: CallName, reader: Reader, { id, carried }: BesideBody): ValidCall {
  const isEvent = kind === "event";
  return {
    kind,
    id,
    uuid: reader.required("uuid", "no-identity", "the user's uuid: any text that is not empty"),
    isNewUser: reader.flag("isNewUser") ?? false,
    mode: reader.choice("mode", optionalModes, "unknown-mode") ?? "merge",
    event: isEvent ? reader.required("event", "no-event-name", 'a name such as "order_created"') : "",
    timestamp: isEvent ? reader.time("timestamp") : undefined,
    attributes: reader.object("attributes"),
    profile: reader.object("profile"),
    context: reader.object("context"),
    carried,
  };
}

const optionalModes = [...modes, undefined, null] as const;

/** Reads fields of an object that may be anything, and notes what is wrong with them. */
class Reader {
  readonly problems: Problem[] = [];
  readonly #from: object;

  constructor(from: object) {
    this.#from = from;
  }

  text(name: string): string | undefined {
    const value = this.#get(name);
    if (typeof value === "string") return value === "" ? undefined : value;
    return this.#unless(value, name, "a text");
  }

  required(name: string, code: ProblemCode, wanted: string): string {
    const before = this.problems.length;
    const value = this.text(name);
    if (value === undefined && this.problems.length === before) {
      this.problems.push(problem(name, code, `Expected ${wanted}, got none.`));
    }
    return value ?? "";
  }

  flag(name: string): boolean | undefined {
    const value = this.#get(name);
    return typeof value === "boolean" ? value : this.#unless(value, name, "true or false");
  }

  choice<T>(name: string, choices: readonly T[], code: ProblemCode): T | undefined {
    const value = this.#get(name);
    if (isOneOf(choices, value)) return value;
    const names = choices.filter((choice) => typeof choice === "string").join(", ");
    this.problems.push(problem(name, code, `Expected one of ${names}, got ${describe(value)}.`));
    return undefined;
  }

  time(name: string): string | undefined {
    const value = this.#get(name);
    if (value === undefined || value === null) return undefined;
    const ms = timeMs(value);
    if (ms !== null) return typeof value === "string" && isCanonicalTime(value) ? value : isoTime(ms);
    const message = `Expected a valid Date, an ISO 8601 text or milliseconds since 1970, got ${describe(value)}.`;
    this.problems.push(problem(name, "invalid-timestamp", message));
    return undefined;
  }

  object(name: string): object | undefined {
    const value = this.#get(name);
    if (typeof value === "object" && value !== null && holdsFields(value)) return value;
    return this.#unless(value, name, "an object with fields");
  }

  #get(name: string): unknown {
    return Reflect.get(this.#from, name);
  }

  /** Undefined for what is absent, and a problem for anything else. */
  #unless(value: unknown, name: string, wanted: string): undefined {
    if (value === undefined || value === null) return undefined;
    this.problems.push(problem(name, "wrong-type", `Expected ${wanted}, got ${describe(value)}.`));
    return undefined;
  }
}

function isOneOf<T>(choices: readonly T[], value: unknown): value is T {
  return (choices as readonly unknown[]).includes(value);
}

function timeMs(value: unknown): number | null {
  if (typeof value === "string") return parseIsoTime(value);
  const ms = typeof value === "number" ? value : isDate(value) ? value.getTime() : Number.NaN;
  return isTimeMs(ms) ? ms : null;
}

/** What is written as a JSON object: not a list, nor a Date or a Promise that was not awaited. */
function holdsFields(value: object): boolean {
  try {
    return isPlain(value) || objectTag(value) === "Object" || objectTag(value) === "Map";
  } catch {
    // A revoked proxy has no field that could be read.
    return false;
  }
}

export function problem(path: string, code: ProblemCode, message: string): Problem {
  return { path, code, message };
}

/** What a value is, short enough for a message, and without reading into it. */
function describe(value: unknown): string {
  if (typeof value === "string") return `"${value.length > 40 ? `${value.slice(0, 40)}…` : value}"`;
  if (typeof value === "object" && value !== null) return Array.isArray(value) ? "a list" : "an object";
  return typeof value === "symbol" || typeof value === "function" ? `a ${typeof value}` : String(value);
}
