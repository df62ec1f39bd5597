import { printable } from "./colours.js";

export interface Rows {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly unknown[])[];
}

const maxCellChars = 60;

/** Columns side by side, for people; long values are cut. */
export function tableText({ columns, rows }: Rows): readonly string[] {
  const cells = rows.map((row) => row.map((value) => shorten(cellText(value))));
  const widths = columns.map((name, index) => Math.max(name.length, ...cells.map((row) => row[index]?.length ?? 0)));
  const line = (values: readonly string[]): string =>
    values
      .map((value, index) => value.padEnd(widths[index] ?? 0))
      .join("  ")
      .trimEnd();
  return [line(columns), line(widths.map((width) => "─".repeat(width))), ...cells.map(line)];
}

/** RFC 4180: quoted where needed; a null is nothing. */
export function csvLine(values: readonly unknown[]): string {
  return values
    .map((value) => {
      const text = value === null || value === undefined ? "" : rawText(value);
      return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
    })
    .join(",");
}

function cellText(value: unknown): string {
  return value === null || value === undefined ? "∅" : printable(rawText(value));
}

function rawText(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

function shorten(text: string): string {
  return text.length > maxCellChars ? `${text.slice(0, maxCellChars - 1)}…` : text;
}
