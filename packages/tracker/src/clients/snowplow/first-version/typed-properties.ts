/**
 * The properties of an unstructured event, whose names say the types of their values: `in_stock$int`. A name keeps its
 * suffix on the wire. A list may stand for a value of any type, and null for no value.
 */
import { demand, finiteNumber, type Contract } from "../contracts.js";

export type Properties = Readonly<Record<string, unknown>>;

interface SuffixType extends Contract {
  /** Milliseconds in one of a date's units; null for what is no date. */
  readonly unitMs: number | null;
}

const integer: Contract = { expected: "a whole number", test: (value) => Number.isSafeInteger(value) };
const coordinates: Contract = {
  expected: "[latitude, longitude]",
  test: (value) => Array.isArray(value) && value.length === 2 && value.every(finiteNumber.test),
};

function date(unit: string, unitMs: number): SuffixType {
  const expected = `a Date, or a whole number of ${unit} since 1970`;
  return { expected, test: (value) => isValidDate(value) || integer.test(value), unitMs };
}

const suffixes: Readonly<Record<string, SuffixType>> = {
  int: { ...integer, unitMs: null },
  flt: { ...finiteNumber, unitMs: null },
  geo: { ...coordinates, unitMs: null },
  dt: date("days", 86_400_000),
  tm: date("seconds", 1000),
  // What the code called it where the documents say `$tm`.
  ts: date("seconds", 1000),
  tms: date("milliseconds", 1),
};

/** The properties as they are sent. Throws a `TrackerError` for a value that is not of its suffix's type. */
export function typedProperties(properties: Properties): Properties {
  return Object.fromEntries(Object.entries(properties).map(([name, value]) => [name, typed(name, value)]));
}

function typed(name: string, value: unknown): unknown {
  const dollar = name.lastIndexOf("$");
  const suffix = dollar === -1 ? "" : name.slice(dollar + 1);
  const type = Object.hasOwn(suffixes, suffix) ? suffixes[suffix] : undefined;
  if (type === undefined || value === null || value === undefined) return value;
  if (!type.test(value) && Array.isArray(value)) return value.map((item: unknown) => converted(name, item, type));
  return converted(name, value, type);
}

function converted(name: string, value: unknown, type: SuffixType): unknown {
  if (value === null) return value;
  demand(name, value, type);
  return type.unitMs !== null && isValidDate(value) ? Math.floor(value.getTime() / type.unitMs) : value;
}

function isValidDate(value: unknown): value is Date {
  return value instanceof Date && !Number.isNaN(value.getTime());
}
