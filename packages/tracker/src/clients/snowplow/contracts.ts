/**
 * Checks of what callers pass, at the call: a mistake is thrown as a `TrackerError` that names the argument and what it
 * was. They are on unless switched off; the switch is for all trackers of the process. Without them an event that
 * cannot be sent is rejected and counted, as everywhere.
 */
import { TrackerError } from "../../errors.js";

let isEnabled = true;

export function enableContracts(): void {
  isEnabled = true;
}

export function disableContracts(): void {
  isEnabled = false;
}

export function contractsEnabled(): boolean {
  return isEnabled;
}

/** A rule for one argument: what it must be, and whether it is. */
export interface Contract {
  /** Completes "must be …". */
  readonly expected: string;
  readonly test: (value: unknown) => boolean;
}

/** Throws a `TrackerError`, where contracts are on and the value does not keep this one. */
export function demand(name: string, value: unknown, contract: Contract): void {
  if (!isEnabled || contract.test(value)) return;
  throw new TrackerError("E_EVENT", name, `\`${name}\` must be ${contract.expected}, got ${shown(value)}.`);
}

export const nonEmptyText: Contract = {
  expected: "a text that is not empty",
  test: (value) => typeof value === "string" && value !== "",
};

export const aText: Contract = { expected: "a text", test: (value) => typeof value === "string" };

export const nonEmptyList: Contract = {
  expected: "a list that is not empty",
  test: (value) => Array.isArray(value) && value.length > 0,
};

export const finiteNumber: Contract = { expected: "a finite number", test: (value) => Number.isFinite(value) };

export const positiveNumber: Contract = {
  expected: "a number greater than 0",
  test: (value) => typeof value === "number" && value > 0 && Number.isFinite(value),
};

export const positiveInteger: Contract = {
  expected: "a whole number greater than 0",
  test: (value) => Number.isSafeInteger(value) && Number(value) > 0,
};

export function oneOf(choices: readonly unknown[]): Contract {
  return { expected: `one of ${choices.map(shown).join(", ")}`, test: (value) => choices.includes(value) };
}

/** The contract, or nothing. */
export function optional({ expected, test }: Contract): Contract {
  return { expected: `${expected}, or nothing`, test: (value) => value === undefined || value === null || test(value) };
}

/** A value as a message shows it: short, and without reading into it. */
export function shown(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value);
  if (Array.isArray(value)) return value.length === 0 ? "an empty list" : "a list";
  if (typeof value === "object" && value !== null) return "an object";
  return typeof value === "function" || typeof value === "symbol" ? `a ${typeof value}` : String(value);
}
