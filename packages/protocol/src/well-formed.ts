/// <reference lib="es2024.string" />

/** Whether the text can be written in UTF-8 as it is: it holds no half of a surrogate pair. */
export function isWellFormed(text: string): boolean {
  return text.isWellFormed();
}

/** The text with U+FFFD for each half of a surrogate pair. */
export function toWellFormed(text: string): string {
  return text.toWellFormed();
}
