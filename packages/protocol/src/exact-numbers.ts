/** Numbers that a double cannot hold, kept as text. */

/** The same JSON with quotes around each number that JSON.parse would change. The text must be valid JSON. */
export function quoteInexactNumbers(json: string): string {
  const parts: string[] = [];
  let copied = 0;
  for (let at = 0; at < json.length; at += 1) {
    const code = json.charCodeAt(at);
    if (code === 0x22) {
      at = endOfString(json, at);
    } else if (code === 0x2d || isDigit(code)) {
      const end = endOfNumber(json, at);
      if (!isExact(json.slice(at, end))) {
        parts.push(json.slice(copied, at), `"${json.slice(at, end)}"`);
        copied = end;
      }
      at = end - 1;
    }
  }
  parts.push(json.slice(copied));
  return parts.join("");
}

function endOfString(json: string, from: number): number {
  let at = from + 1;
  while (at < json.length && json.charCodeAt(at) !== 0x22) at += json.charCodeAt(at) === 0x5c ? 2 : 1;
  return at;
}

function endOfNumber(json: string, from: number): number {
  let at = from + 1;
  while (isNumeric(json.charCodeAt(at))) at += 1;
  return at;
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

/** Digits, `.`, `e`, `E`, `+` and `-`. */
function isNumeric(code: number): boolean {
  return isDigit(code) || code === 0x2e || (code | 0x20) === 0x65 || code === 0x2b || code === 0x2d;
}

/** So many digits a double always holds. */
const safeCharacters = 15;
const hasExponent = /e/i;

/** Whether a double holds this number: the digits that come back are the digits that went in. */
export function isExact(number: string): boolean {
  if (number.length <= safeCharacters && !hasExponent.test(number)) return true;
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
