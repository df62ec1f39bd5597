/**
 * A whole number within bounds, for options of which the original refuses none: what is no number is the default, and
 * what is too small or too large is taken for the nearest that is not.
 */
export function within(value: unknown, byDefault: number, bounds: readonly [min: number, max: number]): number {
  const number = typeof value === "number" || typeof value === "string" ? Math.floor(Number(value)) : Number.NaN;
  return Number.isNaN(number) ? byDefault : Math.min(Math.max(number, bounds[0]), bounds[1]);
}

export const hourMs = 3_600_000;
