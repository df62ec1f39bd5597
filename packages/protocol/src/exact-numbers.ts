/** Numbers that a double cannot hold, kept as text. */

const digit = /[-\d]/;
const numberText = /-?\d[\d.eE+-]*/y;

/** The same JSON with quotes around each number that JSON.parse would change. The text must be valid JSON. */
export function quoteInexactNumbers(json: string): string {
  const parts: string[] = [];
  let copied = 0;
  for (let at = 0; at < json.length; at += 1) {
    const character = json.charAt(at);
    if (character === '"') {
      at = endOfString(json, at);
    } else if (digit.test(character)) {
      numberText.lastIndex = at;
      const number = numberText.exec(json)?.[0] ?? character;
      if (!isExact(number)) {
        parts.push(json.slice(copied, at), `"${number}"`);
        copied = at + number.length;
      }
      at += number.length - 1;
    }
  }
  parts.push(json.slice(copied));
  return parts.join("");
}

function endOfString(json: string, from: number): number {
  let at = from + 1;
  while (at < json.length && json.charAt(at) !== '"') at += json.charAt(at) === "\\" ? 2 : 1;
  return at;
}

/** Whether a double holds this number: the digits that come back are the digits that went in. */
export function isExact(number: string): boolean {
  const value = Number(number);
  if (!Number.isFinite(value)) return false;
  return significant(number) === significant(String(value));
}

/** A number as its digits without zeros at either end, and the power of ten of the first: `1.50e3` is `15e3`. */
function significant(number: string): string {
  const [mantissa = "", exponent = "0"] = number.toLowerCase().replace(/^-/, "").split(/e\+?/);
  const [whole = "", fraction = ""] = mantissa.split(".");
  const digits = (whole + fraction).replace(/^0+/, "");
  if (digits === "") return "0";
  const leadingZeros = whole.length + fraction.length - digits.length;
  const power = whole.length - leadingZeros + Number(exponent);
  return `${digits.replace(/0+$/, "")}e${power}`;
}
