import { InvalidArgumentError } from "commander";

const unitsMs: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** A time as a person says it, `2026-11-20`, `2026-11-20T17:00Z` or `2h` for two hours ago, as ISO 8601. */
export function parseTime(text: string, nowMs: number = Date.now()): string {
  const [, amount, unit = ""] = /^(\d+)([smhd])$/.exec(text) ?? [];
  const ms = amount === undefined ? Date.parse(text) : nowMs - Number(amount) * (unitsMs[unit] ?? 0);
  if (Number.isNaN(ms))
    throw new InvalidArgumentError("Expected a time such as 2026-11-20T17:00Z, or 15m, 2h, 7d ago.");
  return new Date(ms).toISOString();
}

/** A whole number of at least `least`. */
export function wholeNumber(least: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d{1,15}$/.test(text) && value >= least) return value;
    throw new InvalidArgumentError(`Expected a whole number of at least ${least}.`);
  };
}
