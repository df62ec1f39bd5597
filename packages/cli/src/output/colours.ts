/** SGR sequences (ECMA-48), or nothing: colour is for terminals only. */
export interface Colours {
  dim(text: string): string;
  bold(text: string): string;
  red(text: string): string;
  green(text: string): string;
  cyan(text: string): string;
}

export function createColours(isOn: boolean): Colours {
  const paint =
    (code: number) =>
    (text: string): string =>
      isOn ? `\u001b[${code}m${text}\u001b[0m` : text;
  return { dim: paint(2), bold: paint(1), red: paint(31), green: paint(32), cyan: paint(36) };
}

/** Text from outside for a terminal: nothing in it can move the cursor, change colours or end the line. */
export function printable(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Bidi_Control}]/gu, (character) => {
    return `\\u${character.codePointAt(0)?.toString(16).padStart(4, "0") ?? ""}`;
  });
}
