const unitsMs: Readonly<Record<string, number>> = { "": 1, ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** Milliseconds of a number or of a text such as `"200"`, `"10s"` or `"1.5 m"`; undefined for what is no duration. */
export function readDuration(value: number | string | undefined): number | undefined {
  const [, amount = "", unit = ""] = /^\s*(\d+(?:\.\d+)?)\s*(ms|s|m|h|)\s*$/.exec(String(value ?? "")) ?? [];
  const ms = Math.round(Number(amount) * (unitsMs[unit] ?? 1));
  return ms > 0 ? ms : undefined;
}
