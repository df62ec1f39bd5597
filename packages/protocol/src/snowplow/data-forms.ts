/** What a field of self-describing data must be, as far as it is asked before sending; the bundled schemas say the rest. */
import { isDate, isPlain, objectTag } from "../object-tag.js";
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

export const costModels = ["cpa", "cpc", "cpm"] as const;

/** RFC 3339, as the format `date-time` of JSON Schema wants it. */
export const momentPattern: RegExp = /^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/;

export type DataForm =
  | "text"
  | "some-text"
  | "text-or-null"
  | "uuid"
  | "number"
  | "amount"
  | "count"
  | "flag"
  | "moment"
  | "list"
  | "object"
  | "node-name"
  | "input-type"
  | "cost-model";

export const dataForms: Readonly<Record<DataForm, DataFormRule>> = {
  text: { expected: "a text", test: (value) => typeof value === "string" },
  "some-text": { expected: "a text that is not empty", test: (value) => typeof value === "string" && value !== "" },
  "text-or-null": { expected: "a text or null", test: (value) => typeof value === "string" || value === null },
  uuid: { expected: "a UUID", test: (value) => typeof value === "string" && isUuid(value) },
  number: { expected: "a finite number", test: (value) => Number.isFinite(value) },
  count: {
    expected: "a whole number of 0 or more",
    test: (value) => Number.isSafeInteger(value) && Number(value) >= 0,
  },
  amount: { expected: "a number of 0 or more", test: (value) => Number.isFinite(value) && Number(value) >= 0 },
  flag: { expected: "true or false", test: (value) => typeof value === "boolean" },
  moment: { expected: "a Date, or a text such as 2026-11-20T14:28:12Z", test: isMoment },
  list: { expected: "a list", test: (value) => Array.isArray(value) },
  object: { expected: "an object with fields", test: holdsFields },
  "node-name": oneOf(nodeNames),
  "input-type": oneOf(inputTypes),
  "cost-model": oneOf(costModels),
};

function oneOf(choices: readonly string[]): DataFormRule {
  return {
    expected: `one of ${choices.join(", ")}`,
    test: (value) => typeof value === "string" && choices.includes(value),
  };
}

function isMoment(value: unknown): boolean {
  return isDate(value) ? Number.isFinite(value.getTime()) : typeof value === "string" && momentPattern.test(value);
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
