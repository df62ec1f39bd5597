/** What a field of self-describing data must be, as far as it is asked before sending; the bundled schemas say the rest. */
import { isPlain, objectTag } from "../object-tag.js";
import { isUuid } from "./payload-keys.js";

interface DataFormRule {
  /** Completes "Expected …". */
  readonly expected: string;
  readonly test: (value: unknown) => boolean;
}

export const nodeNames = ["INPUT", "TEXTAREA", "SELECT"] as const;

/** The types of HTML's input element that the schemas know. */
export const inputTypes = [
  "button",
  "checkbox",
  "color",
  "date",
  "datetime",
  "datetime-local",
  "email",
  "file",
  "hidden",
  "image",
  "month",
  "number",
  "password",
  "radio",
  "range",
  "reset",
  "search",
  "submit",
  "tel",
  "text",
  "time",
  "url",
  "week",
] as const;

export type DataForm =
  | "text"
  | "text-or-null"
  | "uuid"
  | "number"
  | "count"
  | "list"
  | "object"
  | "node-name"
  | "input-type";

export const dataForms: Readonly<Record<DataForm, DataFormRule>> = {
  text: { expected: "a text", test: (value) => typeof value === "string" },
  "text-or-null": { expected: "a text or null", test: (value) => typeof value === "string" || value === null },
  uuid: { expected: "a UUID", test: (value) => typeof value === "string" && isUuid(value) },
  number: { expected: "a finite number", test: (value) => Number.isFinite(value) },
  count: {
    expected: "a whole number of 0 or more",
    test: (value) => Number.isSafeInteger(value) && Number(value) >= 0,
  },
  list: { expected: "a list", test: (value) => Array.isArray(value) },
  object: { expected: "an object with fields", test: holdsFields },
  "node-name": oneOf(nodeNames),
  "input-type": oneOf(inputTypes),
};

function oneOf(choices: readonly string[]): DataFormRule {
  return {
    expected: `one of ${choices.join(", ")}`,
    test: (value) => typeof value === "string" && choices.includes(value),
  };
}

function holdsFields(value: unknown): boolean {
  return typeof value === "object" && value !== null && (isPlain(value) || objectTag(value) === "Map");
}

/** Null is a value where the form says so; an empty list is none, for the schemas want at least one item. */
export function isMissing(value: unknown, form: DataForm): boolean {
  if (value === undefined) return true;
  if (value === null) return form !== "text-or-null";
  return form === "list" && Array.isArray(value) && value.length === 0;
}
