/**
 * Characters that print nothing and may change how the text around them is read: controls, direction overrides,
 * zero-width marks, tags, lone surrogates, line separators. The joiners of emoji and Indic scripts stay, and so do
 * the number signs of Arabic, which print.
 */
const unseen = /(?!\u200C|\u200D|[\u0600-\u0605\u06DD])[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

/** The text with such characters shown by their number, such as `⟨U+202E⟩` for a direction override. */
export function visibleText(text: string): string {
  return text.replace(unseen, numberOf);
}

/** The same for text of several lines: its line breaks stay. */
export function visibleLines(text: string): string {
  return text.split("\n").map(visibleText).join("\n");
}

function numberOf(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  return `⟨U+${code.toString(16).toUpperCase().padStart(4, "0")}⟩`;
}
