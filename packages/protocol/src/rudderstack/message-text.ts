/** A message's JSON as it is put together, field by field, in one pass over the caller's values. */
import { writeCarefully, writePlain } from "../json.js";
import type { JsonLimits, ValueSize } from "../json.js";
import type { Problem } from "../problem.js";
import { isPlainText } from "../quoted.js";
import { toWellFormed } from "../well-formed.js";

/** How values are written: the short way where they are plain data, or with care whatever they are. */
export type Way = "short" | "careful";

export class MessageText {
  readonly #limits: JsonLimits;
  readonly #way: Way;
  #text = "{";
  #tooLargeBytes = 0;
  #culprit: ValueSize | null = null;
  #replaced: readonly Problem[] = [];

  constructor(limits: JsonLimits, way: Way) {
    this.#limits = limits;
    this.#way = way;
  }

  /** The object so far; whole once it is closed. */
  get text(): string {
    return this.#text;
  }

  /** Bytes that a field takes at least, if it is too large to be written; else 0. */
  get tooLargeBytes(): number {
    return this.#tooLargeBytes;
  }

  /** The one value that cannot fit by itself, if there is one. */
  get culprit(): ValueSize | null {
    return this.#culprit;
  }

  get replaced(): readonly Problem[] {
    return this.#replaced;
  }

  /** Adds text that is JSON already: `"channel":"server"`. */
  raw(members: string): void {
    this.#text += this.#text.length === 1 ? members : `,${members}`;
  }

  /** Ends the object: nothing may be added any more. */
  close(): void {
    this.#text += "}";
  }

  /** Adds a field; a value that JSON leaves out adds none. The name is one that needs no escapes. */
  field(name: string, value: unknown): void {
    if (value === undefined) return;
    const text = this.write(name, value);
    if (text !== "") this.raw(`"${name}":${text}`);
  }

  /** Adds a text. */
  textField(name: string, value: string | undefined): void {
    if (value === undefined) return;
    if (isPlainText(value)) this.raw(`"${name}":"${value}"`);
    else this.field(name, value);
  }

  /** Adds fields whose names are the caller's. */
  fields(members: Readonly<Record<string, unknown>>): void {
    for (const [name, value] of Object.entries(members)) {
      const text = this.write(name, value);
      if (text !== "") this.raw(`${JSON.stringify(toWellFormed(name))}:${text}`);
    }
  }

  /** Adds an object with more members behind its own, as JSON; it may not have any of them itself. */
  objectField(name: string, value: object, members: string): void {
    const text = this.write(name, value);
    if (text === "{}" || text === "") this.raw(`"${name}":{${members}}`);
    else if (text.startsWith("{")) this.raw(`"${name}":${text.slice(0, -1)},${members}}`);
    // What a `toJSON` made of it may be anything.
    else this.raw(`"${name}":{"value":${text},${members}}`);
  }

  /** A value as JSON, empty where there is nothing to write. */
  write(name: string, value: unknown): string {
    const plain = this.#way === "short" ? writePlain(value, this.#limits) : null;
    if (plain !== null) return plain;
    const written = writeCarefully(value, this.#limits, name);
    if (written.kind === "too-large") {
      this.#tooLargeBytes = Math.max(this.#tooLargeBytes, written.atLeastBytes);
      this.#culprit ??= written.culprit;
      return "";
    }
    if (written.replaced.length > 0) this.#replaced = [...this.#replaced, ...written.replaced];
    return written.text;
  }
}
