/** A message's JSON as it is put together, field by field, in one pass over the caller's values. */
import { writeJson, writePlain } from "../json.js";
import type { JsonLimits } from "../json.js";
import type { Problem } from "../problem.js";
import { toWellFormed } from "../well-formed.js";

/** Printable ASCII without the quote and the backslash: in JSON as it is. */
const plainText = /^[ !#-[\]-~]*$/;
const maxPlainText = 256;

export class MessageText {
  readonly #limits: JsonLimits;
  #text = "";
  #tooLargeBytes = 0;
  #replaced: readonly Problem[] = [];

  constructor(limits: JsonLimits) {
    this.#limits = limits;
  }

  /** The object so far, without its closing brace. */
  get text(): string {
    return this.#text;
  }

  /** Bytes that a field takes at least, if it is too large to be written; else 0. */
  get tooLargeBytes(): number {
    return this.#tooLargeBytes;
  }

  get replaced(): readonly Problem[] {
    return this.#replaced;
  }

  /** Adds text that is JSON already: `"channel":"server"`. */
  raw(members: string): void {
    this.#text += this.#text === "" ? `{${members}` : `,${members}`;
  }

  /** Adds a field; a value that JSON leaves out adds none. The name is one that needs no escapes. */
  field(name: string, value: unknown): void {
    if (value === undefined) return;
    const text = this.write(name, value);
    if (text !== "") this.raw(`"${name}":${text}`);
  }

  /** Adds a text; most texts need no escapes, and a test for that costs less than JSON.stringify. */
  textField(name: string, value: string | undefined): void {
    if (value === undefined) return;
    if (value.length <= maxPlainText && plainText.test(value)) this.raw(`"${name}":"${value}"`);
    else this.field(name, value);
  }

  /** Adds fields whose names are the caller's. */
  fields(members: Readonly<Record<string, unknown>>): void {
    for (const [name, value] of Object.entries(members)) {
      const text = this.write(name, value);
      if (text !== "") this.raw(`${JSON.stringify(toWellFormed(name))}:${text}`);
    }
  }

  /** The JSON text of a value that stands at `name`; empty for one that JSON leaves out, or that is too large. */
  write(name: string, value: unknown): string {
    const plain = writePlain(value, this.#limits);
    if (plain !== null) return plain;
    const written = writeJson(value, this.#limits, name);
    if (written.kind === "too-large") {
      this.#tooLargeBytes = Math.max(this.#tooLargeBytes, written.atLeastBytes);
      return "";
    }
    if (written.replaced.length > 0) this.#replaced = [...this.#replaced, ...written.replaced];
    return written.text;
  }
}
