/**
 * What a caller said, checked once: `unknown` in; pairs of the wire, the event's own data and its entities out, or
 * everything that is wrong with it. Each field of the caller's object is read once, so that a getter cannot answer twice.
 */
import { failed, ok } from "../problem.js";
import type { Problem, Result } from "../problem.js";
import { dataForms, isMissing } from "./data-forms.js";
import { commonFields, eventForms, subjectFields } from "./event-fields.js";
import type { DataEventForm, EventForm, PairField } from "./event-fields.js";
import type { EventType, SelfDescribingJson } from "./event.js";
import { pairText } from "./pair-text.js";
import { payloadKeys } from "./payload-keys.js";
import { excerpt } from "./problem-codes.js";
import type { ProblemCode } from "./problem-codes.js";
import { isSchemaUri } from "./self-describing.js";

/** An event that may be sent. */
export interface ValidEvent {
  /** Every value has the form its key demands, and none is empty. The caller of `validate` may add to them. */
  readonly pairs: Map<string, string>;
  readonly described: SelfDescribingJson | null;
  readonly entities: readonly SelfDescribingJson[];
}

export function validate(event: unknown): Result<ValidEvent> {
  if (!isFields(event)) return failed(problem("", "not-an-event", `Expected an object, got ${describe(event)}.`));
  try {
    return new Reader().read(event);
  } catch {
    const message = "Expected an object whose fields can be read, got one that throws; pass a plain object.";
    return failed(problem("", "not-an-event", message));
  }
}

type Fields = Readonly<Record<string, unknown>>;

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null;
}

function isEventType(value: unknown): value is EventType {
  return typeof value === "string" && Object.hasOwn(eventForms, value);
}

/** One event as it is read: what was found so far, and what is wrong with it. */
class Reader {
  readonly #pairs: Map<string, string> = new Map();
  readonly #found: Problem[] = [];

  read(event: Fields): Result<ValidEvent> {
    const { type } = event;
    if (!isEventType(type)) {
      const expected = Object.keys(eventForms).join(", ");
      return failed(problem("type", "unknown-type", `Expected one of ${expected}, got ${describe(type)}.`));
    }
    const described = this.#content(event, eventForms[type]);
    const entities = this.#entities(event["entities"]);
    this.#fields(event, commonFields, "");
    this.#subject(event["subject"]);
    this.#payload(event["payload"]);
    this.#requireCode();
    const [first, ...more] = this.#found;
    return first === undefined ? ok({ pairs: this.#pairs, described, entities }) : failed(first, ...more);
  }

  #content(event: Fields, form: EventForm): SelfDescribingJson | null {
    switch (form.kind) {
      case "pairs":
        this.#pairs.set("e", form.code);
        this.#fields(event, form.fields, "");
        return null;
      case "data":
        this.#pairs.set("e", "ue");
        return { schema: form.schema, data: this.#data(event, form) };
      case "self-describing":
        this.#pairs.set("e", "ue");
        return this.#described(event, "");
      case "raw":
        return null;
    }
  }

  #fields(from: Fields, fields: readonly PairField[], path: string): void {
    for (const [field, key, required] of fields) {
      const value = from[field];
      if (!isAbsent(value)) this.#pair(path + field, key, value);
      else if (required !== undefined) this.#missing(path + field);
    }
  }

  #subject(value: unknown): void {
    if (isAbsent(value)) return;
    if (isFields(value)) this.#fields(value, subjectFields, "subject.");
    else this.#report("subject", "wrong-type", `Expected an object, got ${describe(value)}.`);
  }

  /** Pairs that the caller names by their keys; what stands there already stays. */
  #payload(value: unknown): void {
    if (isAbsent(value)) return;
    if (!isFields(value)) return this.#report("payload", "wrong-type", `Expected an object, got ${describe(value)}.`);
    for (const key of Object.keys(value)) {
      if (!payloadKeys.has(key) || key === "stm") {
        const message = `Expected a key of payload_data 1-0-4 that is not set when sent, got ${excerpt(key)}.`;
        this.#report(`payload.${key}`, "unknown-key", message);
      } else if (!this.#pairs.has(key)) {
        const given = value[key];
        if (!isAbsent(given)) this.#pair(`payload.${key}`, key, given);
      }
    }
  }

  /** The value is one that is there. */
  #pair(path: string, key: string, value: unknown): void {
    const { format, maxLength } = payloadKeys.get(key) ?? {};
    const text = pairText(key, value);
    if (text === null) {
      this.#report(path, "wrong-type", `Expected ${format?.expected ?? "a text"}, got ${describe(value)}.`);
    } else if (format !== undefined && !format.test(text)) {
      this.#report(path, "wrong-format", `Expected ${format.expected}, got ${excerpt(text)}.`);
    } else if (text.length > (maxLength ?? Infinity)) {
      this.#report(path, "too-long", `Expected at most ${maxLength ?? 0} characters, got ${text.length}; shorten it.`);
    } else {
      this.#pairs.set(key, text);
    }
  }

  #data(event: Fields, { fields, isOneEnough = false, together }: DataEventForm): Fields {
    const data: Record<string, unknown> = {};
    for (const [field, name, form, required] of fields) {
      const value = event[field];
      if (isMissing(value, form)) {
        if (required !== undefined) this.#missing(field);
        continue;
      }
      const { expected, test } = dataForms[form];
      if (test(value)) data[name] = value;
      else this.#report(field, "wrong-type", `Expected ${expected}, got ${describe(value)}.`);
    }
    if (together !== undefined && together.field in data && !(together.needs in data)) this.#missing(together.needs);
    if (isOneEnough && Object.keys(data).length === 0) this.#missing(fields.map(([field]) => field).join(" or "));
    return data;
  }

  #described(value: Fields, path: string): SelfDescribingJson | null {
    const { schema, data } = value;
    if (typeof schema !== "string" || !isSchemaUri(schema)) {
      const message = `Expected an Iglu URI such as iglu:com.acme/x/jsonschema/1-0-0, got ${describe(schema)}.`;
      this.#report(`${path}schema`, "invalid-schema", message);
      return null;
    }
    if (isWritable(data)) return { schema, data };
    this.#report(`${path}data`, "missing-field", `Expected data of the schema, got ${describe(data)}.`);
    return null;
  }

  #entities(value: unknown): readonly SelfDescribingJson[] {
    if (isAbsent(value)) return [];
    if (!Array.isArray(value)) {
      this.#report("entities", "wrong-type", `Expected a list, got ${describe(value)}.`);
      return [];
    }
    return value.flatMap((entity: unknown, index) => this.#entity(entity, index) ?? []);
  }

  #entity(entity: unknown, index: number): SelfDescribingJson | null {
    if (isFields(entity)) return this.#described(entity, `entities[${index}].`);
    const message = `Expected an object with schema and data, got ${describe(entity)}.`;
    this.#report(`entities[${index}]`, "wrong-type", message);
    return null;
  }

  #requireCode(): void {
    if (this.#pairs.has("e") || this.#found.some(({ path }) => path === "payload.e")) return;
    this.#report("payload.e", "missing-field", 'Expected an event code such as "pv", got none.');
  }

  #missing(path: string): void {
    this.#report(path, "missing-field", "Expected a value, got none.");
  }

  #report(path: string, code: ProblemCode, message: string): void {
    this.#found.push(problem(path, code, message));
  }
}

function isAbsent(value: unknown): boolean {
  return value === undefined || value === null || value === "";
}

/** What JSON can say something of: anything that is there. */
function isWritable(data: unknown): boolean {
  return data !== undefined && typeof data !== "function" && typeof data !== "symbol";
}

function problem(path: string, code: ProblemCode, message: string): Problem {
  return { path, code, message };
}

/** What a value is, short enough for a message, and without reading into it. */
function describe(value: unknown): string {
  if (typeof value === "string") return excerpt(value);
  if (typeof value === "object" && value !== null) return Array.isArray(value) ? "a list" : "an object";
  return typeof value === "symbol" || typeof value === "function" ? `a ${typeof value}` : String(value);
}
