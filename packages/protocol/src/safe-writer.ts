/**
 * The careful half of json.ts: reads every field on its own, so that one that throws costs itself only. The rows of
 * docs/values.md are the cases of this file, and the tests compare the two.
 */
import type { JsonLimits, JsonText, ValueSize } from "./json.js";
import { isArrayBuffer, isDate, isError, isMap, isSet, isTypedArray, objectTag } from "./object-tag.js";
import type { Problem } from "./problem.js";
import { isWellFormed, toWellFormed } from "./well-formed.js";

const maxBigInt = 2n ** 4096n;

/** Past 2^4096 a BigInt's digits take longer to work out than an event is worth. */
export function hasWritableDigits(value: bigint): boolean {
  return value <= maxBigInt && value >= -maxBigInt;
}

/** Names in the path of a problem; what lies deeper is not named. */
const maxPathNames = 12;

export class SafeWriter {
  readonly #limits: JsonLimits;
  /** Characters that may still be written: a lower bound of bytes. Negative: given up. */
  #left: number;
  #culprit: ValueSize | null = null;
  readonly #ancestors: Set<object> = new Set();
  readonly #path: (string | number)[];
  readonly #replaced: Problem[] = [];

  /** `at` names the value in the paths of what was replaced. */
  constructor(limits: JsonLimits, at: string) {
    this.#limits = limits;
    this.#path = at === "" ? [] : [at];
    this.#left = limits.maxBytes;
  }

  write(value: unknown): JsonText {
    const text = this.#value(value) ?? "";
    if (this.#left < 0) {
      return { kind: "too-large", atLeastBytes: this.#limits.maxBytes - this.#left, culprit: this.#culprit };
    }
    return { kind: "written", text, replaced: this.#replaced };
  }

  /** Undefined for what JSON leaves out of an object. */
  #value(value: unknown): string | undefined {
    switch (typeof value) {
      case "string":
        return this.#string(value);
      case "number":
        return Number.isFinite(value) ? this.#spend(String(value)) : this.#replace("null", "not-finite", String(value));
      case "boolean":
        return this.#spend(String(value));
      case "undefined":
        return undefined;
      case "bigint":
        return this.#bigint(value);
      case "function":
      case "symbol":
        this.#note("left-out", `a ${typeof value}`);
        return undefined;
      case "object":
        return value === null ? this.#spend("null") : this.#object(value);
    }
  }

  #spend(text: string): string {
    this.#left -= text.length;
    return text;
  }

  #string(value: string): string {
    if (value.length > this.#left) return this.#giveUp(value.length);
    if (isWellFormed(value)) return this.#spend(JSON.stringify(value));
    this.#note("lone-surrogate", "half of a surrogate pair");
    return this.#spend(JSON.stringify(toWellFormed(value)));
  }

  /** The value that is to be written takes at least so many characters, which is more than there is room for. */
  #giveUp(characters: number): string {
    if (characters > this.#limits.maxBytes) this.#culprit ??= { path: this.#pathText(), bytes: characters };
    this.#left = Math.min(this.#left - characters, -1);
    return "";
  }

  #bigint(value: bigint): string {
    if (hasWritableDigits(value)) return this.#replace(`"${value}"`, "bigint", "a bigint");
    return this.#replace('"[bigint too large]"', "too-large-bigint", "a bigint past 2^4096");
  }

  #replace(text: string, code: string, came: string): string {
    this.#note(code, came);
    return this.#spend(text);
  }

  #note(code: string, came: string): void {
    const message = `Expected a value that JSON can carry, got ${came}; what is sent instead is in docs/values.md.`;
    this.#replaced.push({ path: this.#pathText(), code, message });
  }

  #pathText(): string {
    const names = this.#path.slice(0, maxPathNames).join(".");
    return this.#path.length > maxPathNames ? `${names}…` : names;
  }

  #object(value: object): string | undefined {
    if (this.#ancestors.has(value)) return this.#replace('"[circular]"', "circular", "an object that holds itself");
    if (this.#ancestors.size >= this.#limits.maxDepth) {
      return this.#replace('"[too deep]"', "too-deep", `more than ${this.#limits.maxDepth} levels`);
    }
    this.#ancestors.add(value);
    try {
      return this.#converted(value);
    } catch {
      return this.#replace('"[unreadable]"', "unreadable", "an object that throws when it is read");
    } finally {
      this.#ancestors.delete(value);
    }
  }

  /** An object as what it says it is in JSON: `toJSON` is asked once and its answer is not asked again. */
  #converted(value: object): string | undefined {
    if (isDate(value)) return this.#date(value);
    const toJson: unknown = Reflect.get(value, "toJSON");
    if (typeof toJson !== "function") return this.#plain(value);
    const answer: unknown = Reflect.apply(toJson, value, [String(this.#path.at(-1) ?? "")]);
    return typeof answer === "object" && answer !== null ? this.#plain(answer) : this.#value(answer);
  }

  #date(value: Date): string {
    const ms = Date.prototype.getTime.call(value);
    if (!Number.isFinite(ms)) return this.#replace("null", "invalid-date", "an invalid Date");
    return this.#spend(`"${new Date(ms).toISOString()}"`);
  }

  #plain(value: object): string | undefined {
    if (Array.isArray(value) || isTypedArray(value)) return this.#list(value, value.length);
    if (isMap(value)) return this.#map(value);
    if (isSet(value)) return this.#list(Set.prototype.values.call(value), value.size);
    if (isArrayBuffer(value)) return this.#bytes(new Uint8Array(value));
    if (isError(value)) return this.#members(errorMembers(value));
    if (value instanceof DataView) return this.#bytes(new Uint8Array(value.buffer, value.byteOffset, value.byteLength));
    if (value instanceof RegExp) return this.#string(`/${value.source}/${value.flags}`);
    return boxedPrimitives.has(objectTag(value)) ? this.#value(value.valueOf()) : this.#members(value);
  }

  #map(map: Map<unknown, unknown>): string {
    // What a subclass says of its size is not what there is to walk.
    const size = Reflect.get(Map.prototype, "size", map);
    if (size > this.#left) return this.#giveUp(size);
    const entries = [...Map.prototype.entries.call(map)];
    const named = entries.every(([key]) => typeof key === "string");
    return named ? this.#members(Object.fromEntries(entries)) : this.#list(entries, entries.length);
  }

  #bytes(bytes: Uint8Array): string {
    return this.#list(bytes, bytes.length);
  }

  /** A comma at least for each of them. */
  #list(values: Iterable<unknown>, length: number): string {
    if (length > this.#left) return this.#giveUp(length);
    const items: string[] = [];
    this.#spend("[]");
    for (const value of values) {
      if (this.#left < 0) return "";
      items.push(this.#at(items.length, () => value) ?? "null");
      this.#spend(",");
    }
    return `[${items.join(",")}]`;
  }

  #members(object: object): string {
    const members: string[] = [];
    const keys = Object.keys(object);
    // What is left out of an object costs the look at it.
    if (keys.length * 2 > this.#left) return this.#giveUp(keys.length * 2);
    this.#spend("{}");
    for (const key of keys) {
      if (this.#left < 0) return "";
      const member = this.#at(key, (): unknown => Reflect.get(object, key));
      if (member !== undefined) members.push(`${this.#string(key)}:${member}`);
      this.#spend(",:");
    }
    return `{${members.join(",")}}`;
  }

  /** Reads and writes what stands at a key: an error thrown by the reading is this field's alone. */
  #at(key: string | number, read: () => unknown): string | undefined {
    this.#path.push(key);
    try {
      let value: unknown;
      try {
        value = read();
      } catch {
        return this.#replace('"[threw]"', "threw", "a getter that throws");
      }
      return this.#value(value);
    } finally {
      this.#path.pop();
    }
  }
}

const boxedPrimitives: ReadonlySet<string> = new Set(["Number", "String", "Boolean", "BigInt"]);

/** An error's own fields, and the two that are not listed as its own. Its stack stays here. */
function errorMembers(error: Error): object {
  return Object.fromEntries([["name", error.name], ["message", error.message], ...Object.entries(error)]);
}
