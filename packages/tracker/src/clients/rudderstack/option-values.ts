/** Reads the values of options; what is wrong with one is said by the name it was given by. */
import { TrackerError } from "../../errors.js";

export type GivenOptions = Readonly<Record<string, unknown>>;

/** An option that has two names, and what it may be in the engine's units. */
export interface Measure {
  readonly names: readonly [Name, Name];
  readonly byDefault: number;
  readonly min: number;
  readonly max: number;
}

interface Name {
  readonly name: string;
  /** How many of the engine's units one of this name's is. */
  readonly factor: number;
}

export const inSeconds = (name: string): Name => ({ name, factor: 1000 });
export const asItIs = (name: string): Name => ({ name, factor: 1 });

/** A measure in the engine's units, by whichever of its names it was given. */
export function amount(given: GivenOptions, { names, byDefault, min, max }: Measure): number {
  const said = names.filter(({ name }) => given[name] !== undefined);
  const values = said.map(({ name, factor }) => inEngineUnits(given[name], factor));
  const [first = names[0], second] = said;
  const [value = byDefault] = values;
  if (second !== undefined && value !== values[1]) {
    throw wrongOption(first.name, `and \`${second.name}\` are two names for one option; give one of them`);
  }
  if (Number.isSafeInteger(value) && value >= min && value <= max) return value;
  const least = min / first.factor;
  const bounds = max === Infinity ? `≥ ${least}` : `from ${least} to ${max / first.factor}`;
  throw wrongOption(first.name, `must be a number ${bounds}, got ${shown(given[first.name])}`);
}

function inEngineUnits(value: unknown, factor: number): number {
  if (typeof value !== "number") return Number.NaN;
  return factor === 1 ? value : Math.round(value * factor);
}

export function flag(given: GivenOptions, name: string, byDefault: boolean): boolean {
  const value = given[name] ?? byDefault;
  if (typeof value === "boolean") return value;
  throw wrongOption(name, `must be true or false, got ${shown(value)}`);
}

export function wrongOption(name: string, what: string): TrackerError {
  return new TrackerError("E_OPTION", name, `\`${name}\` ${what}.`);
}

/** A value as an error message shows it; a text may be a secret. */
export function shown(value: unknown): string {
  return typeof value === "number" || typeof value === "boolean" ? String(value) : `a ${typeof value}`;
}
